#: attacks: the other's memory, by an answer without end
#: profile: run
#: endings: exit 1, signal 13, cpu
#: limits: cpu_ms=2000
#: peer: exit 0
while True:
    os.write(3, b"x" * 65536)
