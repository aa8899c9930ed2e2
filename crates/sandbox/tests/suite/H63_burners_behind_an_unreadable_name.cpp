//: attacks: the watch over CPU time, by hiding a whole tree below a name that is no text
//: profile: run
//: endings: cpu
//: limits: cpu_ms=300 wall_ms=20000
static void attack() {
    for (int i = 0; i < 6; i++) if (fork() == 0) {
        prctl(PR_SET_NAME, "\n\xff\\ (x) ");
        spin();
    }
    prctl(PR_SET_NAME, "\xff");
    for (;;) pause();
}
