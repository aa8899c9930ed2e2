//: attacks: disks and memory, by device nodes of its own
//: profile: run
//: endings: exit 0
static void attack() {
    attempt("disk", mknod("disk", S_IFBLK | 0666, 8 << 8));
    attempt("memory", mknod("mem", S_IFCHR | 0666, 1 << 8 | 1));
    attempt("null in dev", mknod("/dev/x", S_IFCHR | 0666, 1 << 8 | 3));
    attempt("file in dev", open("/dev/x", O_CREAT | O_WRONLY, 0666));
    attempt("chmod null", chmod("/dev/null", 0));
    attempt("remove null", unlink("/dev/null"));
    int random = open("/dev/urandom", O_RDWR);
    attempt("entropy", ioctl(random, 0x5206, 0));
    attempt("count", ioctl(random, 0x5201, &random));
}
