#: attacks: other programs of the box, by libraries and settings that are loaded into them
#: profile: run
#: endings: exit 0
#: limits: cpu_ms=2000 memory_mb=128
import subprocess

with open("evil.so", "wb") as file:
    file.write(b"\x7fELF" + b"\0" * 60)
here = os.getcwd()
evil = here + "/evil.so"
environment = {"LD_PRELOAD": evil, "LD_LIBRARY_PATH": here, "LD_AUDIT": evil, "GCONV_PATH": here}
said = subprocess.run(["/usr/bin/id", "-u"], env=environment, capture_output=True)
assert said.stdout in (b"%d\n" % os.getuid(), b""), said
attempt("preload for all", lambda: open("/etc/ld.so.preload", "w"))
attempt("library", lambda: open("/usr/lib/x.so", "w"))
attempt("cache", lambda: open("/etc/ld.so.cache", "r+b"))
