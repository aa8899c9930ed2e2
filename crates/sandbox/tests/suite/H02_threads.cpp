//: attacks: the number of tasks, by threads instead of processes
//: profile: run
//: endings: exit 0
//: limits: stack_kb=1024
//: prints: 16 threads\n
//: t2-endings: exit 0, processes
//: t2-prints:
static void *rest(void *) { for (;;) pause(); }
static void attack() {
    int made = 1;
    pthread_t thread;
    while (made < 1000 && pthread_create(&thread, nullptr, rest, nullptr) == 0) made++;
    printf("%d threads\n", made);
}
