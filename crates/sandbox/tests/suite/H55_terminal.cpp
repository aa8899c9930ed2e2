//: attacks: the terminal of whoever started the supervisor, by pushing characters into it
//: profile: run
//: endings: exit 0
static void attack() {
    for (int fd : {0, 1, 2}) {
        attempt("push", ioctl(fd, TIOCSTI, "x"));
        attempt("push with high bits", syscall(SYS_ioctl, fd, (1L << 32) | TIOCSTI, "x"));
        attempt("paste", ioctl(fd, TIOCLINUX, "\3"));
        attempt("own", ioctl(fd, TIOCSCTTY, 1));
        attempt("size", ioctl(fd, TIOCSWINSZ, nullptr));
    }
    attempt("tty", open("/dev/tty", O_RDWR));
    attempt("console", open("/dev/console", O_RDWR));
    attempt("new terminal", open("/dev/ptmx", O_RDWR));
}
