//: attacks: all limits at the same time, by children that each go for another one
//: profile: run
//: endings: cpu, wall, memory, output
//: limits: cpu_ms=600 wall_ms=4000
//: t2-endings: cpu, wall, memory, output, processes, disk
static void attack() {
    std::string block(1 << 16, 'x');
    if (fork() == 0) for (;;) fork();
    if (fork() == 0) for (;;) { char *p = (char *)malloc(1 << 20); if (p) memset(p, 1, 1 << 20); }
    if (fork() == 0) for (;;) if (write(2, block.data(), block.size()) < 0) break;
    if (fork() == 0) for (int i = 0;; i++) { int f = open(("f" + std::to_string(i)).c_str(), O_CREAT | O_WRONLY, 0600); while (write(f, block.data(), block.size()) > 0) {} close(f); }
    spin();
}
