//: attacks: the kernel's memory, by locks on single bytes, of which there is no limit
//: profile: run
//: endings: cpu, exit 0
//: limits: cpu_ms=1000
static void attack() {
    for (int i = 0; i < 1500; i++) {
        std::string name = "l" + std::to_string(i);
        int file = open(name.c_str(), O_CREAT | O_RDWR, 0600);
        if (file < 0) break;
        for (int j = 0; j < 200; j++) {
            struct flock lock{};
            lock.l_type = F_WRLCK;
            lock.l_start = 2 * (200 - j);
            lock.l_len = 1;
            if (fcntl(file, F_SETLK, &lock) < 0) return;
        }
        if (file > 50) break;
    }
}
