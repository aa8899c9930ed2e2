//: attacks: the init's memory, by tracing and by reading across processes
//: profile: run
//: endings: exit 0
static void attack() {
    char bytes[8];
    iovec here{bytes, 8}, there{(void *)spin, 8};
    for (int pid : {1, getpid(), atoi(told("victim").c_str())}) {
        attempt("seize", ptrace(PTRACE_SEIZE, pid, 0, 0));
        attempt("attach", ptrace(PTRACE_ATTACH, pid, 0, 0));
        attempt("read", process_vm_readv(pid, &here, 1, &there, 1, 0));
        attempt("write", process_vm_writev(pid, &here, 1, &there, 1, 0));
        attempt("compare", syscall(SYS_kcmp, pid, getpid(), 0, 0, 0));
        attempt("madvise", syscall(SYS_process_madvise, pid, &there, 1, MADV_COLD, 0));
    }
    attempt("be traced", ptrace(PTRACE_TRACEME, 0, 0, 0));
}
