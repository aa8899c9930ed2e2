//: attacks: the compiler's memory and time, by templates that double at every step
//: profile: compile
//: endings: cpu, memory, exit 1, signal *
//: collect: program
//: collected:
template <int A, int B> struct T { static constexpr long v = T<A - 1, B * 2>::v + T<A - 1, B * 2 + 1>::v; };
template <int B> struct T<0, B> { static constexpr long v = B; };
int main() { return T<26, 1>::v; }
