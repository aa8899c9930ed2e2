#: attacks: the root, by climbing, by descriptors of folders and by links
#: profile: run
#: endings: exit 0
#: t2-endings: exit 1
top = os.open("/", os.O_RDONLY)
for path in ["../etc/passwd", "../../../../etc/shadow", "../proc", "tmp/../../etc/passwd"]:
    attempt("below the root", lambda: os.open(path, os.O_RDONLY, dir_fd=top))
assert os.stat("/..").st_ino == os.stat("/").st_ino
attempt("chroot", lambda: os.chroot("/box"))
os.fchdir(top)
for _ in range(300):
    os.chdir("..")
attempt("host", lambda: os.stat("etc/passwd"))
assert sorted(os.listdir(".")) == sorted(os.listdir("/"))
