#: attacks: installed Python packages: published benchmarks keep their tests and solutions there
#: profile: run
#: endings: exit 0
#: limits: cpu_ms=2000
#: t2-reaches: package
for library in ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/local/lib64", sys.prefix + "/lib"):
    for python in os.listdir(library) if os.path.isdir(library) else ():
        for kind in ("site-packages", "dist-packages"):
            folder = os.path.join(library, python, kind)
            if python.startswith(("python", "pypy")) and os.path.isdir(folder):
                for name in os.listdir(folder):
                    attempt("package", lambda: os.stat(os.path.join(folder, name)))
                attempt("write", lambda: open(os.path.join(folder, "planted.py"), "w"))
attempt("import", lambda: __import__("pip"))
