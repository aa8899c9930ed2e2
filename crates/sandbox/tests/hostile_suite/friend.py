# The friend at the other end of a hostile program's connection: asks once, reads what comes up to a bound,
# and has to see the end. What it holds open is counted, because the other may send descriptors.
import socket

peer = socket.socket(fileno=3)
got = 0
try:
    peer.send(b"question\n")
    while got < 1 << 20:
        bytes_ = peer.recv(1 << 16)
        if not bytes_:
            break
        got += len(bytes_)
except (BrokenPipeError, ConnectionResetError):
    pass


def is_open(number):
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


print("closed, %d descriptors" % sum(map(is_open, range(64))))
