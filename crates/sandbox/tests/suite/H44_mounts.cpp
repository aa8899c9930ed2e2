//: attacks: the root, by mounts old and new
//: profile: run
//: endings: exit 0
static void attack() {
    attempt("mount", mount("none", "/box", "tmpfs", 0, nullptr));
    attempt("proc", mount("proc", "/box", "proc", 0, nullptr));
    attempt("bind", mount("/usr", "/box", nullptr, MS_BIND, nullptr));
    attempt("remount", mount(nullptr, "/usr", nullptr, MS_REMOUNT | MS_BIND, nullptr));
    attempt("shared", mount(nullptr, "/", nullptr, MS_SHARED | MS_REC, nullptr));
    attempt("umount", umount2("/usr", MNT_DETACH));
    attempt("umount dev", umount2("/dev/null", MNT_DETACH));
    attempt("chroot", chroot("/box"));
    attempt("pivot", syscall(SYS_pivot_root, ".", "."));
    attempt("fsopen", syscall(430, "tmpfs", 0));
    attempt("open_tree", syscall(428, AT_FDCWD, "/", 1));
    attempt("move_mount", syscall(429, AT_FDCWD, "/usr", AT_FDCWD, "/box", 0));
    attempt("fspick", syscall(433, AT_FDCWD, "/", 0));
    attempt("mount_setattr", syscall(442, AT_FDCWD, "/usr", 0, 0, 0));
    attempt("statmount", syscall(457, 0, 0, 0, 0));
    attempt("listmount", syscall(458, 0, 0, 0, 0));
    attempt("write usr", open("/usr/bin/x", O_CREAT | O_WRONLY, 0755));
    attempt("touch usr", utimensat(AT_FDCWD, "/usr", nullptr, 0));
    attempt("write root", mkdir("/x", 0700));
    attempt("replace box", rename("/box", "/xob"));
    attempt("replace tmp", unlink("/tmp"));
}
