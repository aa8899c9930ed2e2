#: attacks: the kernel's settings, by writing to where they would be
#: profile: run
#: endings: exit 0
for path in ["/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/proc/self/oom_score_adj",
             "/proc/self/uid_map", "/proc/self/setgroups", "/sys/kernel/uevent_helper", "/dev/kmsg"]:
    attempt("write", lambda: os.write(os.open(path, os.O_WRONLY), b"0"))
    attempt("make", lambda: os.makedirs(os.path.dirname(path)))
