#: attacks: the identity, by set-user-id programs and calls
#: profile: run
#: endings: exit 0
#: limits: cpu_ms=2000 memory_mb=128
import subprocess

attempt("setuid", lambda: os.setuid(0))
attempt("setgid", lambda: os.setgid(0))
attempt("setgroups", lambda: os.setgroups([0]))
attempt("setresuid", lambda: os.setresuid(0, 0, 0))
for tool in ["/usr/bin/su", "/usr/bin/passwd", "/usr/bin/mount", "/usr/bin/newgrp"]:
    if os.path.exists(tool):
        said = subprocess.run([tool], input=b"", capture_output=True)
        attempt("tool", lambda: 1 // (said.returncode == 0))
who = subprocess.run(["/usr/bin/id", "-u"], capture_output=True).stdout
assert who == b"%d\n" % os.getuid() != b"0\n", who
with open("own", "wb", opener=lambda name, how: os.open(name, how, 0o777)) as file:
    file.write(open("/usr/bin/id", "rb").read())
try:
    os.chmod("own", 0o6755)
except OSError:
    pass
assert subprocess.run(["./own", "-u"], capture_output=True).stdout == who
