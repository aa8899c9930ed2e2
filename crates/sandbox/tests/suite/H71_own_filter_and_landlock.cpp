//: attacks: the filter, by a further filter that answers for it and by more rights in Landlock
//: profile: run
//: endings: exit 0
static void attack() {
    sock_filter allow[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    sock_fprog program{1, allow};
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program)) _exit(1);
    attempt("ptrace", ptrace(PTRACE_TRACEME, 0, 0, 0));
    attempt("socket", socket(AF_INET, SOCK_STREAM, 0));
    sock_filter trace[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF)};
    uint64_t rights[3] = {0xFFFF, 3, 0};
    int rules = syscall(444, rights, 16, 0);
    int root = open("/", O_PATH);
    struct { uint64_t access; int parent; } __attribute__((packed)) rule{0xFFFF, root};
    syscall(445, rules, 1, &rule, 0);
    syscall(446, rules, 0);
    attempt("write", open("/usr/x", O_CREAT | O_WRONLY, 0600));
    attempt("write", open("/dev/x", O_CREAT | O_WRONLY, 0600));
    // A child whose calls nobody answers: it has to die all the same.
    if (fork() == 0) {
        sock_fprog silent{1, trace};
        long listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &silent);
        (void)listener;
        for (;;) syscall(SYS_getppid);
    }
    usleep(5000);
}
