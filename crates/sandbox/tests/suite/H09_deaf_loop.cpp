//: attacks: the processor, with the warning signal ignored
//: profile: run
//: endings: cpu
static void attack() {
    signal(SIGXCPU, SIG_IGN);
    spin();
}
