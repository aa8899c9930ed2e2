#: attacks: files of the host, by their absolute paths and by ways around
#: profile: run
#: endings: exit 0
#: limits: cpu_ms=1000
#: t2-reaches: stat
files = told()["files"].split(":")
more = ["/etc/passwd", "/etc/shadow", "/etc/hosts", "/root/.bashrc", "/home", "/var/log", "/sys/class"]
more += ["/proc/self/environ", "/proc/1/environ", "/proc/1/root/etc/passwd", "/dev/kmsg", "/dev/mem", "/dev/sda"]
for path in files + more:
    attempt("open", lambda: open(path).read())
    attempt("stat", lambda: os.stat(path))
    attempt("dots", lambda: open("/usr/../../.." + path).read())
    attempt("from dev", lambda: open("/dev/null/.." + path).read())
    attempt("link", lambda: os.link(path, "copy"))
    attempt("rename", lambda: os.rename(path, "copy"))
    os.symlink(path, "way")
    attempt("follow", lambda: open("way").read())
    os.remove("way")
