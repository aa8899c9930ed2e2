//: attacks: what the supervisor has read, by giving it pages and changing them afterwards
//: profile: run
//: endings: exit 0
static void attack() {
    char *page = (char *)mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < 100; i++) {
        memset(page, '\n', 8192);
        iovec one{page, 4096};
        if (vmsplice(1, &one, 1, SPLICE_F_GIFT) < 0) _exit(1);
        memset(page, '\n', 4096);
    }
    iovec into{page, 4096};
    attempt("into the input", vmsplice(0, &into, 1, 0));
    int ends[2];
    if (pipe(ends)) _exit(1);
    attempt("read the output back", tee(1, ends[1], 100, SPLICE_F_NONBLOCK));
    char byte;
    attempt("read the output back", read(1, &byte, 1));
    attempt("read the errors back", read(2, &byte, 1));
}
