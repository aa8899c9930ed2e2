//: attacks: the kernel's memory, by attributes and access lists of files in the scratch folder
//: profile: run
//: endings: exit 0, cpu
//: limits: cpu_ms=1500
//: prints: bounded
static void attack() {
    std::string value(60000, 'v');
    long held = 0;
    for (int i = 0; i < 1800; i++) {
        std::string name = "x" + std::to_string(i);
        mkdir(name.c_str(), 0700);
        if (setxattr(name.c_str(), "user.x", value.data(), value.size(), 0) == 0) held += value.size();
        struct { unsigned version; struct { unsigned short tag, perm; unsigned id; } entry[7500]; } list;
        list.version = 2;
        list.entry[0] = {1, 7, ~0U};
        for (int j = 1; j < 7496; j++) list.entry[j] = {2, 7, 1000};
        list.entry[7496] = {4, 7, ~0U};
        list.entry[7497] = {16, 7, ~0U};
        list.entry[7498] = {32, 7, ~0U};
        size_t size = 4 + 7499 * 8;
        for (const char *which : {"system.posix_acl_access", "system.posix_acl_default"})
            if (setxattr(name.c_str(), which, &list, size, 0) == 0) held += size;
    }
    if (held <= 8 << 20) puts("bounded");
    else printf("reached %ld MiB of attributes\n", held >> 20);
    attempt("trusted", setxattr(".", "trusted.x", "y", 1, 0));
    attempt("security", setxattr(".", "security.capability", "y", 1, 0));
}
