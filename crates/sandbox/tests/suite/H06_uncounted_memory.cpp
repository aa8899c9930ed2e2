//: attacks: memory that belongs to no process: memory files, secret memory, System V and POSIX objects
//: profile: run
//: endings: exit 0
//: prints: denied memfd: EPERM
//: prints: denied shmget: EPERM
//: prints: denied mq_open: EPERM
static void attack() {
    attempt("memfd", syscall(SYS_memfd_create, "x", 0));
    attempt("memfd_secret", syscall(447, 0));
    attempt("shmget", syscall(SYS_shmget, 1, 1 << 20, 01666));
    attempt("semget", syscall(SYS_semget, 1, 100, 01666));
    attempt("msgget", syscall(SYS_msgget, 1, 01666));
    attempt("msgsnd", syscall(SYS_msgsnd, 0, "12345678x", 1, 0));
    attempt("mq_open", syscall(SYS_mq_open, "x", O_CREAT | O_RDWR, 0600, 0));
    attempt("shm_open", open("/dev/shm/x", O_CREAT | O_RDWR, 0600));
    void *p = mmap(nullptr, 2 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
    if (p != MAP_FAILED) munmap(p, 2 << 20);
}
