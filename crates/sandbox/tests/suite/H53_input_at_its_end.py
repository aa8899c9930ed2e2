#: attacks: patience, by waiting for more input than there is
#: profile: run
#: endings: exit 0
sys.stdin.read()
attempt("line", lambda: input())
assert sys.stdin.read() == "" and os.read(0, 10) == b""
