//: attacks: the number of processes, by forking until it is refused
//: profile: run
//: endings: exit 0
//: prints: 16 processes\n
//: limits: cpu_ms=1500
//: t2-endings: exit 0, processes
//: t2-prints:
static void attack() {
    int made = 1;
    while (pid_t child = fork()) {
        if (child < 0) break;
        made++;
    }
    if (getpid() != own_process) for (;;) pause();
    printf("%d processes\n", made);
}
