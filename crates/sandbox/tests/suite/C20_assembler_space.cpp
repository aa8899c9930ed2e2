//: attacks: the disk and the linker, by sections at the end of the address space
//: profile: compile
//: endings: exit *, cpu, memory, file, signal *
//: collect: program
//: collected:
asm(".org 0x7fffffffffff\n.byte 1\n.p2align 40\n.space 0x7fffffffffffffff\n");
int main() {}
