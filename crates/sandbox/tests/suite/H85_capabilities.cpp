//: attacks: the powers that building the box needed
//: profile: run
//: endings: exit 0
//: t2-reaches: a bound
static void attack() {
    __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2];
    syscall(SYS_capget, &head, data);
    for (auto &one : data) if (one.effective | one.permitted | one.inheritable) puts("reached a capability");
    for (int i = 0; i < 41; i++) {
        if (prctl(PR_CAPBSET_READ, i) == 1) puts("reached a bound");
        attempt("ambient", prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0));
        if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i, 0, 0) == 1) puts("reached an ambient one");
    }
    for (auto &one : data) one = {~0U, ~0U, ~0U};
    attempt("capset", syscall(SYS_capset, &head, data));
    attempt("keep", prctl(PR_SET_SECUREBITS, 0x3f));
    attempt("dumpable for root only", prctl(PR_SET_DUMPABLE, 2));
}
