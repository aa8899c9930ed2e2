//: attacks: the limits, by raising every one of them in both ways
//: profile: run
//: endings: exit 0
static void attack() {
    for (int which = 0; which < 16; which++) {
        rlimit now;
        getrlimit((__rlimit_resource)which, &now);
        if (now.rlim_max == RLIM_INFINITY) continue;
        rlimit more{RLIM_INFINITY, RLIM_INFINITY};
        attempt("raise", setrlimit((__rlimit_resource)which, &more));
        more = {now.rlim_cur, now.rlim_max + 1};
        attempt("raise by one", prlimit(0, (__rlimit_resource)which, &more, nullptr));
    }
    for (auto which : {RLIMIT_CPU, RLIMIT_AS, RLIMIT_NPROC, RLIMIT_FSIZE, RLIMIT_NOFILE, RLIMIT_MEMLOCK, RLIMIT_SIGPENDING}) {
        rlimit now;
        getrlimit(which, &now);
        if (now.rlim_max == RLIM_INFINITY) printf("reached limit %d\n", (int)which);
    }
}
