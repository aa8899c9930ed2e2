//: attacks: the next run, by abstract sockets, queues, keys and process numbers that might live on
//: profile: run
//: endings: exit 0
//: twice: yes
//: t2-reaches: another number
static void attack() {
    int s = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{AF_UNIX, "\0planted"};
    attempt("connect", connect(s, (sockaddr *)&address, sizeof(sa_family_t) + 8));
    int t = socket(AF_UNIX, SOCK_STREAM, 0);
    if (t >= 0 && (bind(t, (sockaddr *)&address, sizeof(sa_family_t) + 8) || listen(t, 1))) puts("reached somebody else's name");
    attempt("key", syscall(SYS_request_key, "user", "planted", 0, -3));
    if (getpid() != 2) puts("reached another number");
    if (fork() == 0) for (;;) pause();
}
