//: attacks: memory, by shared anonymous mappings, which some limits do not count
//: profile: run
//: endings: memory, exit 3, cpu
//: limits: cpu_ms=2000
static void attack() {
    for (;;) {
        void *p = mmap(nullptr, 8 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (p == MAP_FAILED) _exit(3);
        memset(p, 1, 8 << 20);
    }
}
