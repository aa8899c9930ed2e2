//: attacks: memory, by touching all that is given until an allocation fails
//: profile: run
//: endings: memory, exit 3, cpu
//: limits: cpu_ms=2000
static void attack() {
    for (;;) {
        char *p = (char *)malloc(1 << 20);
        if (!p) _exit(3);
        memset(p, 1, 1 << 20);
    }
}
