//: attacks: writers of the host, by leases on the files that both can see
//: profile: run
//: endings: exit 0
static void attack() {
    for (const char *path : {"/usr/bin/env", "/dev/null", "/usr", "/etc/ld.so.cache"}) {
        int file = open(path, O_RDONLY);
        attempt("lease", fcntl(file, F_SETLEASE, F_RDLCK));
        attempt("write lease", fcntl(file, F_SETLEASE, F_WRLCK));
        attempt("immutable", ioctl(file, 0x40086602, &file));
        attempt("time", futimens(file, nullptr));
        attempt("mode", fchmod(file, 0777));
        attempt("owner", fchown(file, 1000, 1000));
        attempt("attribute", fsetxattr(file, "user.x", "y", 1, 0));
    }
}
