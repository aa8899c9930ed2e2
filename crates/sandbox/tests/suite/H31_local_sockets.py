#: attacks: services of the host, by their local sockets, named and nameless
#: profile: run
#: endings: exit 0
import socket

names = ["/var/run/docker.sock", "/run/dbus/system_bus_socket", "/run/systemd/private", "/dev/log"]
names += ["\0/tmp/.X11-unix/X0", "\0/org/freedesktop/systemd1/notify", "\0dbus"]
for name in names:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
        attempt("connect", lambda: socket.socket(socket.AF_UNIX, kind).connect(name))
