//: attacks: the end of processes, by broken lists of robust locks and waits that nobody ends
//: profile: run
//: endings: exit 0
static int word;
static void *waits(void *) {
    struct { void *next; long offset; void *pending; } head;
    head.next = &head.next;
    head.offset = 0;
    head.pending = (void *)8;
    void *circle[2] = {circle + 1, circle};
    head.next = circle;
    syscall(SYS_set_robust_list, &head, 24);
    for (;;) syscall(SYS_futex, &word, FUTEX_WAIT, 0, nullptr, nullptr, 0);
}
static void attack() {
    for (int i = 0; i < 3; i++) if (fork() == 0) {
        pthread_t thread;
        pthread_attr_t small;
        pthread_attr_init(&small);
        pthread_attr_setstacksize(&small, 1 << 16);
        for (int j = 0; j < 3; j++) pthread_create(&thread, &small, waits, nullptr);
        int lock = FUTEX_WAITERS | 1;
        syscall(SYS_futex, &lock, FUTEX_LOCK_PI, 0, nullptr, nullptr, 0);
        waits(nullptr);
    }
    usleep(10000);
}
