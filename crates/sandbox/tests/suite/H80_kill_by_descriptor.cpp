//: attacks: the init, by signals that the kernel sends when a shared pipe becomes ready
//: profile: run
//: endings: exit 0, cpu
//: limits: cpu_ms=1500
static void attack() {
    for (int signal_number : {SIGKILL, SIGSTOP, SIGTERM, SIGRTMIN}) {
        for (int fd : {1, 2}) {
            f_owner_ex owner{F_OWNER_PID, 1};
            fcntl(fd, F_SETOWN_EX, &owner);
            fcntl(fd, F_SETSIG, signal_number);
            fcntl(fd, F_SETFL, O_ASYNC | O_NONBLOCK);
            std::string block(1 << 16, '\n');
            for (int i = 0; i < 2; i++) { if (write(fd, block.data(), fd == 1 ? block.size() : 4096) < 0) {} usleep(1000); }
        }
    }
    fcntl(1, F_SETFL, 0);
}
