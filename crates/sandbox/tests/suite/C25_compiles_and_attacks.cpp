//: attacks: the run, by a program whose attack begins in what the compiler wrote down: an own interpreter
//: profile: compile
//: endings: exit 0, exit 1
//: after: signal *, not executable, exit *
asm(".section .interp,\"a\"\n.string \"/box/program\"\n.text\n");
int main() { return 3; }
