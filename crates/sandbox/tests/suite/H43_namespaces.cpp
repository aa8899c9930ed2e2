//: attacks: the walls, by namespaces of its own, in which it would be root
//: profile: run
//: endings: exit 0
static void attack() {
    for (int flag : {CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWUTS, CLONE_NEWIPC,
                     CLONE_NEWCGROUP, 0x80}) {
        attempt("unshare", unshare(flag));
        if (flag != 0x80) attempt("clone", syscall(SYS_clone, flag | SIGCHLD, 0, 0, 0, 0));
        attempt("setns", setns(0, flag));
    }
    uint64_t arguments[11] = {CLONE_NEWUSER, 0, 0, 0, SIGCHLD};
    attempt("clone3", syscall(SYS_clone3, arguments, sizeof arguments));
}
