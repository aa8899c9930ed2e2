//: attacks: the linker, by symbols that are missing, doubled, weak, and its own
//: profile: compile
//: endings: exit 1
//: collect: program
//: collected:
extern "C" int _start() { return 0; }
extern "C" int missing();
asm(".symver missing,missing@NONE\n.globl __libc_start_main\n__libc_start_main:\n");
int main() { return missing(); }
