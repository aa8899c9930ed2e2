#: attacks: the other's patience, by closing one direction and staying
#: profile: run
#: endings: wall
#: limits: wall_ms=800
#: peer: exit 0
import signal
import socket

peer = socket.socket(fileno=3)
peer.recv(100)
peer.shutdown(socket.SHUT_WR)
signal.pause()
