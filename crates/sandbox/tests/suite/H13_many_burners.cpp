//: attacks: the processor, by many processes that each stay below the limit
//: profile: run
//: endings: cpu
static void attack() {
    for (int i = 0; i < 6; i++) if (fork() == 0) spin();
    for (;;) pause();
}
