//: attacks: the init and everybody else, by every signal to every group
//: profile: run
//: endings: exit 0
//: prints: alive
static void attack() {
    int victim = atoi(told("victim").c_str());
    attempt("victim", kill(victim, 0));
    for (int i = 1; i < 65; i++) signal(i, SIG_IGN);
    for (int i = 1; i < 65; i++) {
        kill(1, i);
        kill(getppid(), i);
        kill(-1, i == SIGSTOP ? 0 : i);
        syscall(SYS_tgkill, 1, 1, i);
    }
    // Without a namespace of its own it may bear any number, and would reach itself.
    for (int pid = 3; pid < 40000; pid += 7) if (pid != getpid() && kill(pid, SIGKILL) == 0) puts("reached somebody");
    puts("alive");
}
