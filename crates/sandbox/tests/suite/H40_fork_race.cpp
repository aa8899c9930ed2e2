//: attacks: the kill at the end, by chains of processes that fork and die all the time
//: profile: run
//: endings: exit 0
//: limits: cpu_ms=1500
//: t2-endings: exit 0, processes
static void attack() {
    for (int chain = 0; chain < 6; chain++) if (fork() == 0) {
        signal(SIGCHLD, SIG_IGN);
        setsid();
        for (;;) if (fork() != 0) _exit(0);
    }
    usleep(20000);
}
