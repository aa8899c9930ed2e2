#: attacks: the end of the connection: its own end travels in it, so that nobody closes it
#: profile: run
#: endings: exit 0
#: peer: exit 0
import socket

peer = socket.socket(fileno=3)
attempt("send a descriptor", lambda: socket.send_fds(peer, [b"x"], [3]))
