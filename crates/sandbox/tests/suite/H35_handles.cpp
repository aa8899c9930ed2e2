//: attacks: descriptors of other processes, by handles on them
//: profile: run
//: endings: exit 0
static void attack() {
    for (int pid : {1, 2, 3}) attempt("handle", syscall(SYS_pidfd_open, pid, 0));
    attempt("take", syscall(SYS_pidfd_getfd, 0, 5, 0));
    attempt("signal", syscall(SYS_pidfd_send_signal, 0, 9, 0, 0));
    // A clone gives a handle on the child, and the child may not be robbed by it.
    int handle = -1;
    long child = syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, &handle, 0, 0);
    if (child == 0) for (;;) pause();
    attempt("rob the child", syscall(SYS_pidfd_getfd, handle, 0, 0));
    attempt("enter the child", setns(handle, CLONE_NEWPID));
    kill(child, SIGKILL);
}
