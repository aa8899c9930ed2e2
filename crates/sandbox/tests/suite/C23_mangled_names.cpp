//: attacks: the compiler's memory, by a name of a type that doubles at every step
//: profile: compile
//: endings: exit *, cpu, memory, output, file, signal *
template <class A, class B> struct P {};
template <int N> struct T { using t = P<typename T<N - 1>::t, P<typename T<N - 1>::t, int>>; };
template <> struct T<0> { using t = int; };
template <class X> void f(X) { static int here; throw here; }
int main() { f(T<28>::t()); }
