//: attacks: the compiler's stack, by brackets and blocks a hundred thousand deep
//: profile: compile
//: endings: exit *, signal *, cpu, memory
//: collect: program
//: collected:
int main() { return @@200000 (@@0@@200000 )@@; }
