//: attacks: nothing: compilers that make code at run time have to work
//: profile: run
//: endings: exit 0
//: prints: made 42
static void attack() {
#if defined(__x86_64__)
    unsigned char code[] = {0xb8, 42, 0, 0, 0, 0xc3};
#else
    unsigned code[] = {0x52800540, 0xd65f03c0};
#endif
    void *page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memcpy(page, code, sizeof code);
    if (mprotect(page, 4096, PROT_READ | PROT_EXEC)) _exit(1);
    __builtin___clear_cache((char *)page, (char *)page + 64);
    printf("made %d\n", ((int (*)())page)());
}
