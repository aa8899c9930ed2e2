//: attacks: descriptors that were left open: pipes of the report, folders of the host, the zygote's socket
//: profile: run
//: endings: exit 0
static void attack() {
    for (int fd = 3; fd < 4096; fd++) if (fcntl(fd, F_GETFD) >= 0) printf("reached descriptor %d\n", fd);
    for (int fd = 0; fd < 3; fd++) {
        attempt("folder", openat(fd, ".", O_RDONLY));
        attempt("folder", openat(fd, "..", O_PATH));
        attempt("enter", fchdir(fd));
    }
}
