#: attacks: a supervisor that reads to the end of the output, by a child that holds it open
#: profile: run
#: endings: exit 0
import signal

if os.fork() == 0:
    os.setsid()
    for number in range(1, 32):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    while True:
        signal.pause()
