//: attacks: the disk, by files that claim to be huge
//: profile: run
//: endings: exit 0
static void attack() {
    signal(SIGXFSZ, SIG_IGN);
    int file = open("sparse", O_CREAT | O_RDWR, 0600);
    attempt("truncate", ftruncate(file, 1L << 40));
    attempt("allocate", fallocate(file, 0, 0, 1L << 40));
    attempt("allocate past the end", fallocate(file, FALLOC_FL_KEEP_SIZE, 1L << 39, 1 << 20));
    attempt("write far away", pwrite(file, "x", 1, 1L << 40));
}
