#: attacks: the network, by names, by the address of a cloud's metadata and by a library that retries
#: profile: run
#: endings: exit 0
#: limits: cpu_ms=2000 memory_mb=128
import socket
import urllib.request

attempt("name", lambda: socket.getaddrinfo("example.org", 80))
attempt("local", lambda: socket.create_connection(("127.0.0.1", 22), timeout=1))
for url in ["http://169.254.169.254/latest/", "http://[fd00:ec2::254]/", "http://localhost:8080/"]:
    attempt("url", lambda: urllib.request.urlopen(url, timeout=1))
attempt("file", lambda: urllib.request.urlopen("file:///etc/passwd").read())
