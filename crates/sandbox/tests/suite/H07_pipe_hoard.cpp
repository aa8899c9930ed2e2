//: attacks: the kernel's memory, by filling every pipe that can be opened
//: profile: run
//: endings: exit 0, memory, cpu
//: limits: cpu_ms=1500
static void attack() {
    std::string block(1 << 16, 'x');
    long held = 0;
    for (int i = 0; i < 8; i++) if (fork() == 0) break;
    for (;;) {
        int ends[2];
        if (pipe2(ends, O_NONBLOCK) < 0) break;
        fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
        ssize_t put;
        while ((put = write(ends[1], block.data(), block.size())) > 0) held += put;
    }
    if (getpid() != own_process) for (;;) pause();
}
