//: attacks: the compiler's memory, by including a device without an end
//: profile: compile
//: endings: exit *, signal *, memory, cpu
//: collected:
//: collect: program
#include "/dev/zero"
int main() {}
