//: attacks: the compiler's patience and memory, by including noise without an end
//: profile: compile
//: endings: exit *, signal *, memory, cpu, output
//: collect: program
//: collected:
#include "/dev/urandom"
#include "/dev/stdin"
int main() {}
