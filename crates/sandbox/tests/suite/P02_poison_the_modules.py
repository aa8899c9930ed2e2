#: attacks: the interpreter of the next run, by bytecode, path files and modules in its folders
#: profile: run
#: endings: exit 0
#: twice: yes
#: limits: cpu_ms=1500
import json
import sysconfig

library = sysconfig.get_paths()["stdlib"]
for name in ["__pycache__/json.cpython-311.pyc", "site-packages/evil.pth", "sitecustomize.py", "json/__init__.py", "new.py"]:
    attempt("module", lambda: open(os.path.join(library, name), "ab").write(b"x"))
    attempt("remove", lambda: os.remove(os.path.join(library, name)))
attempt("planted", lambda: __import__("planted"))
open("planted.py", "w").write("x = 1\n")
assert json.loads("[1]") == [1]
json.loads = None
