//: attacks: the watch over memory: the first thread leaves, and its process shows no memory any more
//: profile: run
//: endings: memory, exit 3
//: limits: cpu_ms=4000
static void *touches(void *) {
    usleep(50000);
    for (long i = 0; i < 400; i++) {
        char *p = (char *)mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (p == MAP_FAILED) _exit(3);
        memset(p, 1, 1 << 20);
        if (i % 8 == 0) usleep(5000);
    }
    puts("reached 400 MiB");
    finish();
}
static void attack() {
    pthread_t thread;
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 1 << 16);
    pthread_create(&thread, &small, touches, nullptr);
    syscall(SYS_exit, 0);
}
