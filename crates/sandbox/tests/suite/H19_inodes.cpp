//: attacks: the number of files, by empty ones, folders, links and pipes
//: profile: run
//: endings: exit 0
//: limits: cpu_ms=2000
//: prints: bounded
//: t2-endings: disk
//: t2-prints:
static void attack() {
    int made = 0;
    for (;; made++) {
        std::string name = "i" + std::to_string(made);
        int got = made % 4 == 0 ? mkdir(name.c_str(), 0700)
                : made % 4 == 1 ? symlink("x", name.c_str())
                : made % 4 == 2 ? mkfifo(name.c_str(), 0600)
                : mknod(name.c_str(), S_IFREG | 0600, 0);
        if (got < 0) break;
    }
    puts(made < 2100 && errno == ENOSPC ? "bounded" : "reached more");
}
