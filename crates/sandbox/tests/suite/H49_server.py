#: attacks: patience, by a server that waits for a caller
#: profile: run
#: endings: wall
#: limits: wall_ms=1500 cpu_ms=1500
#: t2-endings: exit 1
import socket

try:
    socket.create_server(("127.0.0.1", 0)).accept()
    print("reached the network")
except OSError:
    pass
server = socket.socket(socket.AF_UNIX)
server.bind("door")
server.listen()
server.accept()
