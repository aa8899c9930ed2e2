//: attacks: the stack, by recursion without end
//: profile: run
//: endings: signal 11
static long deeper(long n) {
    volatile char kept[1000];
    kept[0] = n;
    return deeper(n + 1) + kept[0];
}
static void attack() { deeper(0); }
