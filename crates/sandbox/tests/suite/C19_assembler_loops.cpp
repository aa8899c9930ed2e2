//: attacks: the assembler's time and memory, by repetitions and macros that call themselves
//: profile: compile
//: endings: exit *, cpu, memory, file, signal *, output
//: collect: program
//: collected:
asm(".rept 1000000000\n.rept 1000000000\nnop\n.endr\n.endr\n");
int main() {}
