//: attacks: the other's process, by what a socket tells of who is at its other end
//: profile: run
//: endings: exit 0
//: peer: exit 0
//: t2-reaches: process *
static void attack() {
    ucred who{-1, 0, 0};
    socklen_t size = sizeof who;
    if (getsockopt(3, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 && who.pid > 0) printf("reached process %d\n", who.pid);
    int handle = -1;
    size = sizeof handle;
    attempt("handle", getsockopt(3, SOL_SOCKET, 77, &handle, &size));
    attempt("handles", setsockopt(3, SOL_SOCKET, 76, &size, sizeof size));
    sockaddr_un address{AF_UNIX, "elsewhere"};
    attempt("connect", connect(3, (sockaddr *)&address, sizeof address));
    attempt("accept", accept(3, nullptr, nullptr));
    f_owner_ex owner{F_OWNER_PID, 1};
    fcntl(3, F_SETOWN_EX, &owner);
    fcntl(3, F_SETSIG, SIGKILL);
    fcntl(3, F_SETFL, O_ASYNC);
    attempt("descriptors", fcntl(4, F_GETFD));
}
