//: attacks: the kernel, by the calls in which most escapes begin
//: profile: run
//: endings: exit 0
static void attack() {
    attempt("io_uring_setup", syscall(425, 8, 0));
    attempt("io_uring_enter", syscall(426, 0, 0, 0, 0, 0));
    attempt("io_uring_register", syscall(427, 0, 0, 0, 0));
    attempt("bpf", syscall(SYS_bpf, 0, 0, 0));
    attempt("userfaultfd", syscall(SYS_userfaultfd, 1));
    attempt("perf", syscall(SYS_perf_event_open, 0, 0, -1, -1, 0));
    attempt("keyctl", syscall(SYS_keyctl, 0, -3, 1));
    attempt("add_key", syscall(SYS_add_key, "user", "x", "y", 1, -2));
    attempt("request_key", syscall(SYS_request_key, "user", "x", 0, -2));
    attempt("handle", syscall(SYS_name_to_handle_at, AT_FDCWD, "/", 0, 0, 0));
    attempt("open by handle", syscall(SYS_open_by_handle_at, AT_FDCWD, 0, 0));
    attempt("fanotify", syscall(SYS_fanotify_init, 0, 0));
    attempt("module", syscall(SYS_init_module, 0, 0, ""));
    attempt("module file", syscall(SYS_finit_module, 0, "", 0));
    attempt("kexec", syscall(SYS_kexec_load, 0, 0, 0, 0));
    attempt("reboot", syscall(SYS_reboot, 0xfee1dead, 672274793, 0x4321fedc, 0));
    attempt("swap", syscall(SYS_swapon, "/box/x", 0));
    attempt("acct", syscall(SYS_acct, "/box/x"));
    attempt("log", syscall(SYS_syslog, 3, 0, 0));
    attempt("hostname", sethostname("x", 1));
    attempt("hangup", syscall(SYS_vhangup));
    attempt("migrate", syscall(SYS_migrate_pages, 1, 0, 0, 0));
    attempt("quota", syscall(SYS_quotactl, 0, "/", 0, 0));
    timespec time{0, 0};
    attempt("clock", clock_settime(CLOCK_REALTIME, &time));
    for (int number = 462; number < 600; number++) attempt("unknown", syscall(number, 0, 0, 0, 0, 0, 0));
}
