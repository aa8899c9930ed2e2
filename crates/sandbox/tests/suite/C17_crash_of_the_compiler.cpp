//: attacks: the meaning of an end: a compiler that crashes is an error of the text and not of the harness
//: profile: compile
//: endings: exit *, signal *, cpu, memory
//: collect: program
//: collected:
template <class T> struct X { T a@@3000 [1]@@; };
int main() { auto f = []<class T>(T x) { return x@@20000 .a@@; }; X<decltype(f)> y; return f(y); }
