//: attacks: the compiler's buffers, by one line and one name of a megabyte
//: profile: compile
//: endings: exit *, cpu, memory, signal *, output
int a@@1000000 a@@;
const char *s = "@@1000000 s@@";
int main() { return a@@1000000 b@@; }
