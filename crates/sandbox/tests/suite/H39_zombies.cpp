//: attacks: the table of processes, by children that nobody waits for
//: profile: run
//: endings: exit 0
//: limits: cpu_ms=2000
//: prints: bounded
//: t2-endings: exit 0, processes
//: t2-prints:
static void attack() {
    int made = 0;
    // So many that nobody makes them between two looks of the watch, where only it counts.
    while (made < 4000) {
        pid_t child = fork();
        if (child < 0) break;
        if (child == 0) _exit(0);
        made++;
    }
    puts(made < 17 ? "bounded" : "reached many zombies");
    while (wait(nullptr) > 0) {}
    // Orphans: the init has to reap them as fast as they come.
    for (int i = 0; i < 400; i++) {
        pid_t child = fork();
        if (child == 0) { if (fork() == 0) _exit(0); _exit(0); }
        if (child > 0) waitpid(child, nullptr, 0);
    }
}
