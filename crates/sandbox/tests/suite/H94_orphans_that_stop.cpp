//: attacks: the reaper, by stopped processes and stopped zombies' parents at the end
//: profile: run
//: endings: exit 0
static void attack() {
    for (int i = 0; i < 5; i++) if (fork() == 0) {
        setsid();
        if (fork() == 0) { setpgid(0, 0); kill(getpid(), SIGSTOP); for (;;) pause(); }
        if (fork() == 0) _exit(0);
        kill(getpid(), SIGTSTP);
        raise(SIGSTOP);
        for (;;) pause();
    }
    usleep(10000);
}
