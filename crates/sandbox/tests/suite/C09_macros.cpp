//: attacks: the compiler's memory, by macros that grow eightfold at every step
//: profile: compile
//: endings: cpu, memory, exit 1, signal *
//: collect: program
//: collected:
#define A(x) x, x, x, x, x, x, x, x
#define B(x) A(x), A(x), A(x), A(x), A(x), A(x), A(x), A(x)
#define C(x) B(x), B(x), B(x), B(x), B(x), B(x), B(x), B(x)
#define D(x) C(x), C(x), C(x), C(x), C(x), C(x), C(x), C(x)
long all[] = {D(D(1))};
int main() {}
