//: attacks: the watch over memory, by a name that is no text
//: profile: run
//: endings: memory, exit 3
//: limits: cpu_ms=4000
static void attack() {
    prctl(PR_SET_NAME, "\xff\xfe) R 1 (");
    for (long i = 0; i < 400; i++) {
        char *p = (char *)mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (p == MAP_FAILED) _exit(3);
        memset(p, 1, 1 << 20);
        if (i % 8 == 0) usleep(5000);
    }
    puts("reached 400 MiB");
}
