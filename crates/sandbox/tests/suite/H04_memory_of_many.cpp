//: attacks: memory, by many processes that each stay below the limit
//: profile: run
//: endings: memory
//: limits: cpu_ms=2000
static void attack() {
    for (int i = 0; i < 10; i++) if (fork() == 0) {
        void *p = malloc(30 << 20);
        memset(p, 1, 30 << 20);
        for (;;) pause();
    }
    for (;;) pause();
}
