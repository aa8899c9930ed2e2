//: attacks: the collector, by a section of the program that is huge in the file and by one that claims to be
//: profile: compile
//: endings: exit *, file, memory, cpu, signal *
//: collect: program
//: collected:
asm(".section .data\n.fill 0x7fffffff, 8, 1\n");
int main() {}
