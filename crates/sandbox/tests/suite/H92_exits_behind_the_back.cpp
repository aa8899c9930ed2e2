//: attacks: the meaning of an end: a second thread leaves with 0 while the first one crashes
//: profile: run
//: endings: exit 0, exit 5, signal 11
static void *leaves(void *) { puts("done"); fflush(stdout); syscall(SYS_exit_group, 0); return nullptr; }
static void attack() {
    pthread_t thread;
    pthread_create(&thread, nullptr, leaves, nullptr);
    for (volatile int i = 0; i < 1000; i = i + 1) {}
    *(volatile int *)8 = 1;
}
