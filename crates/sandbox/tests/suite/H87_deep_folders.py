#: attacks: whoever cleans up, by folders so deep that no path reaches the end of them
#: profile: run
#: endings: exit 0
#: limits: cpu_ms=2000
#: collect: d
#: collected:
for _ in range(1900):
    os.mkdir("d")
    os.chdir("d")
