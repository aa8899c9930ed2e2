//: attacks: the disk, by an initialised array of a gigabyte
//: profile: compile
//: endings: exit *, memory, cpu, file, signal *
//: collect: program
//: collected:
char big[1u << 30] = {1};
int main() { return big[5]; }
