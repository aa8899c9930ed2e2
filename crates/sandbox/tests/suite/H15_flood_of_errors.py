#: attacks: the supervisor's memory, by diagnostics without end
#: profile: run
#: endings: output
#: limits: cpu_ms=3000
while True:
    os.write(2, b"x" * 65536)
