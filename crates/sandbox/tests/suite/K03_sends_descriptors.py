#: attacks: the other's table of descriptors, by sending it many of pipes, folders and outputs
#: profile: run
#: endings: exit 0
#: peer: exit 0
import socket

peer = socket.socket(fileno=3)
for _ in range(20):
    attempt("send", lambda: socket.send_fds(peer, [b"x"], [0, 1, 2, os.open("/", os.O_RDONLY)]))
attempt("credentials", lambda: peer.sendmsg([b"x"], [(socket.SOL_SOCKET, 2, b"\1\0\0\0\0\0\0\0\0\0\0\0")]))
