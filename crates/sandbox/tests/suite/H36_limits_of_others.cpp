//: attacks: the init, by limits, priorities and processors given to it
//: profile: run
//: endings: exit 0
static void attack() {
    rlimit zero{0, 0};
    attempt("prlimit", prlimit(1, RLIMIT_CPU, &zero, nullptr));
    attempt("prlimit of itself by number", prlimit(getpid(), RLIMIT_CPU, nullptr, &zero));
    cpu_set_t set;
    CPU_ZERO(&set);
    attempt("affinity", sched_setaffinity(1, sizeof set, &set));
    attempt("nicer", setpriority(PRIO_PROCESS, 0, -5));
    sched_param real{1};
    attempt("realtime", sched_setscheduler(0, SCHED_FIFO, &real));
    attempt("realtime init", sched_setscheduler(1, SCHED_FIFO, &real));
    attempt("realtime io", syscall(SYS_ioprio_set, 1, 0, 1 << 13));
}
