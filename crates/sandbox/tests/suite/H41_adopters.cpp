//: attacks: the init's place as the one who adopts, by subreapers and signals of parents' deaths
//: profile: run
//: endings: exit 0
static void attack() {
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (fork() == 0) {
        prctl(PR_SET_CHILD_SUBREAPER, 1);
        signal(SIGCHLD, SIG_IGN);
        if (fork() == 0) { setsid(); for (;;) pause(); }
        _exit(0);
    }
    long child = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
    if (child == 0) for (;;) pause();
}
