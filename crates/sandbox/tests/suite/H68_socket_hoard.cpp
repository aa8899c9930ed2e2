//: attacks: the kernel's memory, by filling local sockets and sending their descriptors away
//: profile: run
//: endings: exit 0, cpu, memory, wall
//: limits: cpu_ms=700
static void attack() {
    std::string block(1 << 16, 'x');
    for (int i = 0; i < 10; i++) if (fork() == 0) break;
    long held = 0;
    for (int round = 0; round < 100; round++) {
        int ends[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) < 0) break;
        int most = 1 << 30;
        setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &most, sizeof most);
        setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &most, sizeof most);
        ssize_t put;
        while ((put = write(ends[0], block.data(), block.size())) > 0) held += put;
        while ((put = write(ends[1], block.data(), block.size())) > 0) held += put;
    }
    if (getpid() != own_process) for (;;) pause();
}
