//: attacks: the layout of memory and old ways of the kernel, by another personality
//: profile: run
//: endings: exit 0
static void attack() {
    for (unsigned long kind : {0x40000UL, 0x400000UL, 0x8UL, 0x20008UL, 0x100000UL, 0x40000UL | 1UL << 40})
        attempt("personality", syscall(SYS_personality, kind));
    attempt("low page", mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED ? -1 : 0);
}
