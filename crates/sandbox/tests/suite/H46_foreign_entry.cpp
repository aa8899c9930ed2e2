//: attacks: the filter, by the entry of another architecture
//: profile: run
//: endings: signal 31
static void attack() {
#if defined(__x86_64__)
    int got;
    asm volatile("int $0x80" : "=a"(got) : "a"(20) : "memory");
    printf("reached %d\n", got);
#else
    raise(SIGSYS);
#endif
}
