//: attacks: the books of processes, which would tell of the init and the host
//: profile: run
//: endings: exit 0
//: t2-reaches: name *, /proc/self/exe, /proc/self/fd/0, /dev/stdin
static void attack() {
    for (const char *path : {"/proc", "/proc/1/mem", "/proc/self/exe", "/proc/self/fd/0", "/proc/thread-self",
                             "/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/sys", "/dev/fd",
                             "/dev/stdin", "/dev/tty", "/dev/ptmx", "/dev/pts", "/dev/shm", "/dev/fuse"}) {
        attempt(path, open(path, O_RDONLY | O_NONBLOCK));
        attempt((std::string("name ") + path).c_str(), open(path, O_PATH));
    }
}
