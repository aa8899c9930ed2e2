#: attacks: the watch, by a script whose process hangs below nobody in its box
#: profile: run
#: endings: memory, exit 1
#: limits: cpu_ms=3000
kept = []
for _ in range(100):
    kept.append(bytearray(b"x") * (1 << 22))
    if os.fork() == 0:
        os.setsid()
        os._exit(0)
    os.wait()
print("reached 400 MiB")
