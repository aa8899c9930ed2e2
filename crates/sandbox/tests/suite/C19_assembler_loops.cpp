//: attacks: the assembler's time and memory, by repetitions and macros that call themselves
//: profile: compile
//: endings: exit *, cpu, memory, file, signal *, output
//: collect: program
//: collected:
asm(".macro m n\n.quad \\n\nm %(\\n+1)\nm %(\\n+2)\n.endm\nm 0\n");
asm(".rept 1000000000\n.rept 1000000000\nnop\n.endr\n.endr\n");
int main() {}
