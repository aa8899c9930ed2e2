//: attacks: the verdict, by a daemon two forks away that should outlive it
//: profile: run
//: endings: exit 0
static void attack() {
    if (fork() == 0) {
        setsid();
        if (fork() == 0) {
            for (int i = 1; i < 65; i++) signal(i, SIG_IGN);
            syscall(SYS_close_range, 0, ~0U, 0);
            spin();
        }
        _exit(0);
    }
    wait(nullptr);
}
