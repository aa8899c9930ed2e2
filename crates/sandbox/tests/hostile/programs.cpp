// The hostile programs of the tests, one per name; compiled once, inside the box.
// Each prints what it managed, or ends in the way that its test expects.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <string>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

static void say(const char *what, long got) {
    printf("%s %s\n", what, got >= 0 ? "reached" : strerrorname_np(errno));
}

static void spin() { for (volatile long i = 0;; i = i + 1) {} }

int main(int argc, char **argv) {
    std::string a = argc > 1 ? argv[1] : "";
    const char *b = argc > 2 ? argv[2] : "";
    if (a == "forks") {
        int made = 1;
        while (true) {
            pid_t p = fork();
            if (p < 0) break;
            if (p == 0) { pause(); _exit(0); }
            made++;
        }
        printf("%d\n", made);
    } else if (a == "forkbomb") {
        while (true) fork();
    } else if (a == "threads") {
        int made = 1;
        try {
            while (made < 1000) { std::thread([] { pause(); }).detach(); made++; }
        } catch (...) {}
        printf("%d\n", made);
        fflush(stdout);
        _exit(0);
    } else if (a == "touch") {
        for (size_t n = 0;; n += 1 << 20) {
            char *p = (char *)malloc(1 << 20);
            if (!p) { puts("refused"); return 3; }
            memset(p, 1, 1 << 20);
        }
    } else if (a == "touch-many") {
        for (int i = 0; i < 8; i++) if (fork() == 0) {
            char *p = (char *)malloc(40 << 20);
            memset(p, 1, 40 << 20);
            pause();
        }
        pause();
    } else if (a == "shared") {
        for (;;) {
            void *p = mmap(0, 16 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
            if (p == MAP_FAILED) { puts("refused"); return 3; }
            memset(p, 1, 16 << 20);
        }
    } else if (a == "cow") {
        char *p = (char *)malloc(40 << 20);
        memset(p, 1, 40 << 20);
        for (int i = 0; i < 6; i++) if (fork() == 0) { usleep(150000); _exit(0); }
        while (wait(0) > 0) {}
        puts("shared pages count once");
    } else if (a == "huge") {
        void *p = malloc(1UL << 40);
        puts(p ? "reached" : "refused");
    } else if (a == "spin") {
        signal(SIGXCPU, SIG_IGN);
        spin();
    } else if (a == "spin-many") {
        for (int i = 0; i < 4; i++) if (fork() == 0) spin();
        pause();
    } else if (a == "sleep") {
        for (int i = 1; i < 32; i++) signal(i, SIG_IGN);
        while (true) sleep(1000);
    } else if (a == "deaf") {
        for (int i = 0; i < 64; i++) close(i);
        pause();
    } else if (a == "flood") {
        std::string x(65536, 'x');
        int to = atoi(b);
        while (true) if (write(to, x.data(), x.size()) < 0) return 1;
    } else if (a == "print") {
        std::string x(atol(b), 'y');
        fwrite(x.data(), 1, x.size(), stdout);
    } else if (a == "disk") {
        std::string x(1 << 20, 'x');
        long total = 0;
        for (int i = 0; i < 100; i++) {
            int fd = open(("f" + std::to_string(i)).c_str(), O_CREAT | O_WRONLY, 0600);
            for (int j = 0; j < 8; j++) {
                long n = write(fd, x.data(), x.size());
                if (n <= 0) { printf("%s %ld\n", strerrorname_np(errno), total); return 0; }
                total += n;
            }
        }
    } else if (a == "inodes") {
        int made = 0;
        while (open(("i" + std::to_string(made)).c_str(), O_CREAT | O_WRONLY, 0600) >= 0) {
            close(3);
            made++;
        }
        printf("%s %d\n", strerrorname_np(errno), made);
    } else if (a == "bigfile") {
        if (b[0]) signal(SIGXFSZ, SIG_IGN);
        std::string x(1 << 20, 'x');
        int fd = open("big", O_CREAT | O_WRONLY, 0600);
        while (write(fd, x.data(), x.size()) > 0) {}
        puts(strerrorname_np(errno));
        say("sparse", ftruncate(fd, 1L << 40));
    } else if (a == "read") {
        int fd = open(b, O_RDONLY);
        say("read", fd);
        struct stat s;
        say("stat", stat(b, &s));
    } else if (a == "root") {
        DIR *d = opendir("/");
        while (dirent *e = readdir(d)) puts(e->d_name);
    } else if (a == "env") {
        for (char **e = environ; *e; e++) puts(*e);
    } else if (a == "fds") {
        for (int i = 0; i < 1024; i++) if (fcntl(i, F_GETFD) >= 0) printf("%d\n", i);
    } else if (a == "sockets") {
        for (int f : {AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, 40}) say("socket", socket(f, SOCK_DGRAM, 0));
    } else if (a == "kill") {
        int pid = atoi(b);
        say("victim", kill(pid, SIGKILL));
        say("init", kill(1, SIGKILL));
        say("init", kill(1, SIGSTOP));
        say("trace", ptrace(PTRACE_SEIZE, 1, 0, 0));
        say("trace", ptrace(PTRACE_SEIZE, pid, 0, 0));
        char buf[8];
        iovec l{buf, 8}, r{(void *)main, 8};
        say("memory", process_vm_readv(1, &l, 1, &r, 1, 0));
        rlimit lim;
        say("limit", prlimit(1, RLIMIT_NOFILE, 0, &lim));
        say("pidfd", syscall(SYS_pidfd_open, 1, 0));
        fflush(stdout);
        kill(-1, SIGKILL);
        printf("alive %d\n", getpid());
    } else if (a == "raise") {
        rlimit lim{RLIM_INFINITY, RLIM_INFINITY};
        for (auto r : {RLIMIT_NPROC, RLIMIT_AS, RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_NOFILE}) say("raise", setrlimit(r, &lim));
        rlimit core{0, 0};
        say("core", setrlimit(RLIMIT_CORE, &core));
        say("core", getrlimit(RLIMIT_CORE, &core));
    } else if (a == "daemon") {
        if (fork() == 0) {
            setsid();
            if (fork() == 0) {
                for (int i = 1; i < 32; i++) signal(i, SIG_IGN);
                int fd = open("/dev/null", O_RDONLY);
                (void)fd;
                while (true) { if (write(1, ".", 1) < 0) {} usleep(1000); }
            }
            _exit(0);
        }
        wait(0);
        puts("left");
    } else if (a == "zombies") {
        for (int i = 0; i < 500; i++) { pid_t p = fork(); if (p == 0) { if (fork() == 0) _exit(0); _exit(0); } if (p > 0) waitpid(p, 0, 0); }
        puts("ok");
    } else if (a == "nest") {
        for (int f : {CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWUTS}) {
            say("unshare", unshare(f));
            say("clone", syscall(SYS_clone, f | SIGCHLD, 0, 0, 0, 0));
        }
        say("clone3", syscall(SYS_clone3, 0, 0));
        say("setuid", setuid(0));
        say("mount", mount("none", "/box", "tmpfs", 0, 0));
        say("remount", mount(0, "/usr", 0, MS_REMOUNT | MS_BIND, 0));
        say("umount", umount2("/usr", MNT_DETACH));
        say("chroot", chroot("/box"));
        say("open_tree", syscall(428, AT_FDCWD, "/", 0));
        say("device", mknod("disk", S_IFBLK | 0600, 0x800));
        say("write", open("/x", O_CREAT | O_WRONLY, 0600));
        say("write", open("/usr/x", O_CREAT | O_WRONLY, 0600));
        say("io_uring", syscall(425, 1, 0));
        say("bpf", syscall(SYS_bpf, 0, 0, 0));
        say("keyctl", syscall(SYS_keyctl, 0, 0, 0));
        say("memfd", syscall(SYS_memfd_create, "x", 0));
        say("shm", syscall(SYS_shmget, 1, 4096, 01600));
    } else if (a == "links") {
        if (symlink("/usr/bin/env", "link")) return 1;
        if (mkfifo("pipe", 0600)) return 1;
        if (mkdir("folder", 0700)) return 1;
        int fd = open("plain", O_CREAT | O_WRONLY, 0600);
        if (write(fd, "text", 4) != 4) return 1;
        fd = open("twice", O_CREAT | O_WRONLY, 0600);
        if (link("twice", "again")) return 1;
        fd = open("empty", O_CREAT | O_WRONLY, 0000);
    } else if (a == "persist") {
        for (const char *p : {"/box/mark", "/tmp/mark2"}) {
            say("found", access(p, F_OK));
            open(p, O_CREAT | O_WRONLY, 0600);
        }
    } else if (a == "abort") {
        abort();
    } else if (a == "segv") {
        *(volatile int *)8 = 1;
    } else if (a == "throw") {
        throw 1;
    } else if (a == "deep") {
        struct R { static long go(long n) { volatile char x[1000]; x[0] = n; return go(n + 1) + x[0]; } };
        return (int)R::go(0);
    } else if (a == "exit") {
        _exit(atoi(b));
    } else if (a == "suicide") {
        kill(getpid(), SIGKILL);
    } else if (a == "cat") {
        char buf[4096];
        ssize_t n;
        while ((n = read(0, buf, sizeof buf)) > 0) if (write(1, buf, n) != n) return 1;
        say("tamper", ftruncate(0, 0));
        say("tamper", write(0, "x", 1));
    } else if (a == "int80") {
#if defined(__x86_64__)
        int r;
        asm volatile("int $0x80" : "=a"(r) : "a"(20) : "memory");
        printf("reached %d\n", r);
#else
        raise(SIGSYS);
#endif
    } else if (a == "whoami") {
        char h[64];
        gethostname(h, 64);
        printf("%d %d %d %s\n", getuid(), getpid(), getppid(), h);
    } else {
        return 99;
    }
}
