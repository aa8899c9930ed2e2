//: attacks: the compiler's time and the supervisor's memory, by including itself twice
//: profile: compile
//: endings: exit 1, cpu, output, memory, signal *
//: collect: program
//: collected:
#include "main.cpp"
#include "main.cpp"
