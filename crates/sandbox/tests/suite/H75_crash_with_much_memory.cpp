//: attacks: the host's disk and its handler of crashes, by a crash with much memory
//: profile: run
//: endings: signal 11
//: limits: memory_mb=256 cpu_ms=1500
//: collect: core core.2
//: collected:
static void attack() {
    rlimit none{RLIM_INFINITY, RLIM_INFINITY};
    attempt("core", setrlimit(RLIMIT_CORE, &none));
    none = {0, 0};
    attempt("core to a handler", setrlimit(RLIMIT_CORE, &none));
    attempt("core to a handler", prlimit(0, RLIMIT_CORE, &none, nullptr));
    size_t size = 100 << 20;
    memset(malloc(size), 1, size);
    *(volatile int *)8 = 1;
}
