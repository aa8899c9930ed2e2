//: attacks: nothing: what signals do at the start may not depend on the supervisor
//: profile: run
//: endings: exit 0
static void attack() {
    sigset_t set;
    sigprocmask(SIG_SETMASK, nullptr, &set);
    for (int i = 1; i < 65; i++) {
        if (sigismember(&set, i) == 1) printf("reached a blocked signal %d\n", i);
        struct sigaction now;
        if (sigaction(i, nullptr, &now) == 0 && now.sa_handler != SIG_DFL) printf("reached a signal %d that is ignored\n", i);
    }
    if (sigpending(&set) || !sigisemptyset(&set)) puts("reached a pending signal");
    if (umask(0) != 022) puts("reached another mask of files");
    if (getpriority(PRIO_PROCESS, 0) < 0) puts("reached a priority");
    itimerval timer;
    getitimer(ITIMER_REAL, &timer);
    if (timer.it_value.tv_sec || timer.it_value.tv_usec) puts("reached a timer");
    if (getpgrp() != getpid() || getsid(0) != getpid()) puts("reached another session");
    int death = 0;
    prctl(PR_GET_PDEATHSIG, &death);
    if (death) puts("reached a signal of a parent's death");
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) puts("reached new privileges");
    if (prctl(PR_GET_SECCOMP) != 2) puts("reached no filter");
}
