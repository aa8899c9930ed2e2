//: attacks: the machine's memory, by locking it and by pages that cannot be taken back
//: profile: run
//: endings: exit 0
static void attack() {
    void *p = mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    attempt("lock", mlock(p, 1 << 20));
    attempt("lock all", mlockall(MCL_CURRENT | MCL_FUTURE));
    attempt("lock later", syscall(SYS_mlock2, p, 4096, 1));
    attempt("mapped locked", mmap(nullptr, 1 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0) == MAP_FAILED ? -1 : 0);
    attempt("move", syscall(SYS_move_pages, 0, 0, 0, 0, 0, 0));
}
