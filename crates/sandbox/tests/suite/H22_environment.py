#: attacks: secrets in the environment
#: profile: run
#: endings: exit 0
known = "PATH HOME TMPDIR LANG TZ PYTHONHASHSEED PYTHONDONTWRITEBYTECODE OMP_NUM_THREADS GOMAXPROCS LC_CTYPE OPENSSL_CONF".split()
more = [name for name in os.environ if name not in known]
attempt("more", lambda: more[0])
for text in os.environ.values():
    attempt("path of the host", lambda: text.index("cargo"))
