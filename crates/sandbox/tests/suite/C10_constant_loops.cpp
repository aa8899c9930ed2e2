//: attacks: the compiler's time, by loops that it has to run itself
//: profile: compile
//: endings: cpu, exit 1, memory, signal *
//: collect: program
//: collected:
constexpr long run(long n) { long s = 0; for (long i = 0; i < n; i++) for (long j = 0; j < 200000; j++) s += i ^ j; return s; }
constexpr long one = run(200000), two = run(200001), three = run(200002), four = run(200003);
static_assert(one == two + three + four);
int main() {}
