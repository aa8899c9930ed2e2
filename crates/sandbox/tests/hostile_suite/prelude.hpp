// What the small C++ programs of the suite share: "denied WHAT: ERROR" for every try that failed and
// "reached WHAT" for every one that did not; "done" shows that the program came to its end.
#include <cerrno>
#include <cmath>
#include <csetjmp>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <string>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <ucontext.h>
#include <unistd.h>
#include <vector>

static void attempt(const char *what, long got) {
    if (got >= 0) printf("reached %s\n", what);
    else printf("denied %s: %s\n", what, strerrorname_np(errno));
    fflush(stdout);
}

// The program's own process, and none of those that it forks.
static const pid_t own_process = getpid();

[[noreturn]] static void finish() {
    puts("done");
    fflush(stdout);
    _exit(0);
}

[[noreturn]] static void spin() {
    for (volatile long i = 0;; i = i + 1) {}
}

// What the briefing on standard input says of a name.
static std::string told(const char *name) {
    static std::string text;
    char buffer[4096];
    ssize_t got;
    while ((got = read(0, buffer, sizeof buffer)) > 0) text.append(buffer, got);
    size_t at = text.find(std::string(name) + "=");
    if (at == std::string::npos) return "";
    at = text.find('=', at) + 1;
    return text.substr(at, text.find('\n', at) - at);
}

static std::vector<std::string> split(const std::string &text) {
    std::vector<std::string> parts(1);
    for (char c : text) {
        if (c == ':') parts.emplace_back();
        else parts.back() += c;
    }
    return parts;
}
