//: attacks: the filter, by ways of the kernel to do its work later or elsewhere
//: profile: run
//: endings: exit 0
static void attack() {
    unsigned long context = 0;
    if (syscall(SYS_io_setup, 16, &context) == 0) syscall(SYS_io_destroy, context);
    attempt("set memory map", prctl(PR_SET_MM, PR_SET_MM_EXE_FILE, 1, 0, 0));
    attempt("tracer", prctl(PR_SET_PTRACER, 1, 0, 0, 0));
    attempt("io flusher", prctl(57, 1, 0, 0, 0));
    attempt("unlimited files", syscall(SYS_open_tree, AT_FDCWD, "/", 0));
    attempt("swap names", syscall(SYS_renameat2, AT_FDCWD, "/usr", AT_FDCWD, "/box", RENAME_EXCHANGE));
    attempt("whiteout", syscall(SYS_renameat2, AT_FDCWD, "program", AT_FDCWD, "/dev/x", RENAME_WHITEOUT));
}
