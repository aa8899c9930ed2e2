//: attacks: whoever reads the kernel's books, by names full of brackets, spaces, lines and numbers
//: profile: run
//: endings: cpu
static void attack() {
    for (const char *name : {") Z 0 0 0 0 0", "a) S 1 (b", "\n\n\n", "((((((((((", " ", "))))))))))))))"}) {
        if (fork() == 0) {
            prctl(PR_SET_NAME, name);
            spin();
        }
    }
    for (;;) pause();
}
