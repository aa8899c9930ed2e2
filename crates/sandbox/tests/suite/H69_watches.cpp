//: attacks: the host's privacy and the user's budget of watches, by watching folders that it shares
//: profile: run
//: endings: exit 0
static void attack() {
    attempt("inotify", inotify_init1(0));
#if defined(__x86_64__)
    attempt("inotify of old", syscall(SYS_inotify_init));
#endif
    attempt("watch", inotify_add_watch(0, "/usr/bin", IN_ALL_EVENTS));
    int folder = open("/usr/bin", O_RDONLY);
    attempt("notify", fcntl(folder, F_NOTIFY, DN_ACCESS | DN_MULTISHOT));
}
