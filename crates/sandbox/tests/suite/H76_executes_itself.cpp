//: attacks: the count of processes and the meaning of an end, by becoming another program again and again
//: profile: run
//: endings: exit 0
//: limits: cpu_ms=2000
//: prints: the last
//: t2-endings: exit 99
//: t2-prints:
static void attack() {
    attempt("itself", execl("/proc/self/exe", "x", nullptr));
    execl("/bin/sh", "sh", "-c", "exec /bin/sh -c 'exec /bin/sh -c \"echo the last; echo done\"'", nullptr);
}
