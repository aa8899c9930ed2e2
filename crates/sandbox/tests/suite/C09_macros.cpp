//: attacks: the compiler's memory, by macros that grow eightfold at every step
//: profile: compile
//: endings: cpu, memory, exit 1, signal *
//: collect: program
//: collected:
#define A(...) __VA_ARGS__, __VA_ARGS__, __VA_ARGS__, __VA_ARGS__, __VA_ARGS__, __VA_ARGS__, __VA_ARGS__, __VA_ARGS__
#define B(...) A(A(A(__VA_ARGS__)))
#define C(...) B(B(B(__VA_ARGS__)))
long all[] = {C(1)};
int main() {}
