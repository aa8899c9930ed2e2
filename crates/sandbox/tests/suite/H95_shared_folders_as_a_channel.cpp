//: attacks: other runs, by locks on files that all boxes see; nobody may be able to wait for long
//: profile: run
//: endings: exit 0
static void attack() {
    for (const char *path : {"/usr/bin/env", "/dev/null", "/usr/lib"}) {
        int file = open(path, O_RDONLY);
        if (flock(file, LOCK_EX | LOCK_NB) == 0) flock(file, LOCK_UN);
        struct flock lock{};
        lock.l_type = F_WRLCK;
        attempt("write lock", fcntl(file, F_SETLK, &lock));
        attempt("open write lock", fcntl(file, F_OFD_SETLK, &lock));
    }
}
