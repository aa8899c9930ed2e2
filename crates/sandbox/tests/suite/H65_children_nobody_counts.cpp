//: attacks: the book of CPU time, by short children whose parent does not want to know of their ends
//: profile: run
//: endings: cpu, wall
//: t2-endings: cpu, wall, processes
//: limits: cpu_ms=300 wall_ms=1500
static void attack() {
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        if (fork() == 0) {
            for (volatile int i = 0; i < 3000000; i = i + 1) {}
            _exit(0);
        }
        usleep(500);
    }
}
