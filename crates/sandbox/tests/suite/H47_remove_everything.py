#: attacks: files, by a clumsy removal of everything that can be found
#: profile: run
#: endings: exit 0
#: limits: cpu_ms=2500 memory_mb=128
import shutil
import subprocess

for path in ["/etc", "/dev", "/box", os.path.expanduser("~"), "/tmp"]:
    shutil.rmtree(path, ignore_errors=True)
subprocess.run(["/bin/rm", "-rf", "/dev", "/etc", "/bin/sh"], capture_output=True)
attempt("remove", lambda: os.remove("/usr/bin/env"))
attempt("rename", lambda: os.rename("/usr", "/box/usr"))
assert os.path.exists("/usr/bin/env") and os.path.exists("/dev/null")
