//: attacks: the input that others may read after it
//: profile: run
//: endings: exit 0
static void attack() {
    attempt("write", pwrite(0, "x", 1, 0));
    attempt("truncate", ftruncate(0, 0));
    attempt("grow", fallocate(0, 0, 0, 1 << 20));
    attempt("unseal", fcntl(0, F_ADD_SEALS, 0x20));
    attempt("map", mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, 0, 0) == MAP_FAILED ? -1 : 0);
    attempt("punch", fallocate(0, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096));
}
