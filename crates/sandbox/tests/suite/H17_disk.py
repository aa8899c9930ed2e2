#: attacks: the disk, by filling every folder that can be written
#: profile: run
#: endings: exit 0
#: limits: cpu_ms=3000 memory_mb=128
#: prints: 32 MiB
#: t2-endings: exit 0, disk
#: t2-prints:

for folder in [".", "/tmp", "/var/tmp", "/dev/shm", "/run", "/", "/usr", "/dev"]:
    try:
        for number in range(100):
            with open("%s/fill%d" % (folder, number), "wb", 0) as file:
                for _ in range(4):
                    file.write(b"x" * (1 << 20))
    except OSError:
        pass
total = sum(os.stat(name).st_size for name in os.listdir("."))
print((total + (1 << 19)) >> 20, "MiB")
