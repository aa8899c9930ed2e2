//: attacks: the end, by a parent that sleeps so deeply that only its child can wake it
//: profile: run
//: endings: wall
//: limits: wall_ms=400
static void attack() {
    if (syscall(SYS_clone, CLONE_VFORK | SIGCHLD, 0, 0, 0, 0) == 0) {
        signal(SIGTERM, SIG_IGN);
        for (;;) pause();
    }
}
