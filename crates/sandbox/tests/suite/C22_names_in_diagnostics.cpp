//: attacks: the reader of diagnostics, by messages that look like the compiler's own and by control codes
//: profile: compile
//: endings: exit 1
//: collect: program
//: collected:
#line 1 "\033[2J\nmain.cpp:1:1: note: compiled\n"
#error ]0;title
#pragma message("0 errors")
int main() { return "x"; }
