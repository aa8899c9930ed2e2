#: attacks: the network and the machine, by tools that install and fetch
#: profile: run
#: endings: exit 0
#: limits: cpu_ms=3000 memory_mb=256
import subprocess

for words in (["pip", "install", "x"], ["curl", "http://127.0.0.1/"], ["wget", "http://127.0.0.1/"], ["apt-get", "update"], ["git", "clone", "http://127.0.0.1/x"]):
    def tool():
        code = subprocess.run(words, capture_output=True, timeout=2).returncode
        assert code == 0
    attempt("tool", tool)
