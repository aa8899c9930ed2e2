//: attacks: the end, by ignoring and blocking every signal
//: profile: run
//: endings: wall
//: limits: wall_ms=400
static void attack() {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, nullptr);
    for (int i = 1; i < 65; i++) signal(i, SIG_IGN);
    for (;;) sleep(1000);
}
