//: attacks: the supervisor's memory, by wanted files that are all holes and as long as allowed
//: profile: run
//: endings: exit 0
//: limits: file_kb=4096
//: collect: a b c too_long
//: collected: a b c
static void attack() {
    signal(SIGXFSZ, SIG_IGN);
    for (const char *name : {"a", "b", "c"}) {
        int file = open(name, O_CREAT | O_WRONLY, 0600);
        if (ftruncate(file, 4 << 20)) _exit(1);
        attempt("longer", ftruncate(file, (4 << 20) + 1));
        close(file);
    }
}
