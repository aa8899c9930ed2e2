//: attacks: memory, by files in the scratch folder that have no name any more
//: profile: run
//: endings: exit 0
//: limits: cpu_ms=2000
//: prints: ENOSPC after 32 MiB\n
//: t2-prints:
static void attack() {
    std::string block(1 << 20, 'x');
    long total = 0;
    for (int i = 0; i < 40; i++) {
        int file = open("f", O_CREAT | O_WRONLY, 0600);
        unlink("f");
        if (i % 2) file = open(".", O_TMPFILE | O_RDWR, 0600);
        for (int j = 0; j < 2; j++) {
            ssize_t put = write(file, block.data(), block.size());
            if (put > 0) total += put;
            if (put < (ssize_t)block.size()) {
                put = write(file, block.data(), block.size());
                printf("%s after %ld MiB\n", strerrorname_np(errno), (total + (1 << 19)) >> 20);
                return;
            }
        }
    }
}
