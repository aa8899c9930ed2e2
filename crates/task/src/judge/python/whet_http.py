"""An HTTP server for a box without a network.

Connections of `http.client`, and so of `urllib.request`, end here instead of at a socket; `requests` is
a small stand-in on top of them. What is served and what was asked for lives in the candidate's own
process: a hostile answer could read or change it, but not what its replies are compared with.
"""

import http.client
import io
import json
import socket
import sys
import types
import urllib.error
import urllib.parse
import urllib.request

_pages = {}
_asked = []
_waited = []


def serve_pages(pages):
    """From now on there are these pages: address to status and body."""
    _pages.clear()
    _pages.update(pages)
    _asked.clear()
    _waited.clear()


def pages_asked():
    """Method and address of every request so far."""
    return [list(one) for one in _asked]


def last_timeout():
    """The timeout of the last connection, in seconds."""
    return _waited[-1] if _waited else None


class _Wire:
    """The end of a connection that `http.client` talks to."""

    def __init__(self, origin):
        self.origin = origin
        self.sent = b""

    def sendall(self, data):
        self.sent += bytes(data) if isinstance(data, (bytes, bytearray)) else b"".join(data)

    def makefile(self, *_):
        method, path, _ = self.sent.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
        address = path if "://" in path else self.origin + path
        _asked.append((method, address))
        status, body = _pages.get(address, (404, "not found"))
        body = body.encode("utf-8")
        reason = http.client.responses.get(status, "")
        head = "HTTP/1.1 %d %s\r\nContent-Type: text/plain; charset=utf-8\r\n" % (status, reason)
        head += "Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body)
        return io.BytesIO(head.encode("latin-1") + body)

    def close(self):
        pass

    settimeout = setsockopt = shutdown = lambda self, *_: None


def _connect(connection):
    scheme = "https" if isinstance(connection, http.client.HTTPSConnection) else "http"
    usual = connection.port == connection.default_port
    port = "" if usual else ":%d" % connection.port
    origin = "%s://%s%s" % (scheme, connection.host, port)
    _waited.append(connection.timeout if isinstance(connection.timeout, (int, float)) else None)
    if connection.host == "slow.test":
        raise socket.timeout("timed out")
    if not any(page.startswith(origin + "/") for page in _pages):
        raise ConnectionRefusedError(111, "Connection refused")
    connection.sock = _Wire(origin)


http.client.HTTPConnection.connect = _connect
http.client.HTTPSConnection.connect = _connect


# --- a stand-in for `requests` ---


class RequestException(IOError):
    """What `requests` raises."""


class HTTPError(RequestException):
    pass


class ConnectionFailed(RequestException):
    pass


class Timeout(RequestException):
    pass


class JSONDecodeError(RequestException, ValueError):
    pass


class Response:
    def __init__(self, url, answer):
        self.url, self.status_code, self.reason = url, answer.status, answer.reason
        self.headers = dict(answer.headers)
        self.content = answer.read()
        self.text = self.content.decode("utf-8", "replace")
        self.ok = self.status_code < 400

    def json(self):
        try:
            return json.loads(self.text)
        except ValueError as error:
            raise JSONDecodeError(str(error)) from None

    def raise_for_status(self):
        if not self.ok:
            raise HTTPError("%d for %s" % (self.status_code, self.url))

    def __bool__(self):
        return self.ok

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def close(self):
        pass


def _request(method, url, params=None, data=None, headers=None, timeout=None, **more):
    if params:
        url += ("&" if "?" in url else "?") + urllib.parse.urlencode(params)
    if more.get("json") is not None:
        data = json.dumps(more["json"])
    data = data.encode("utf-8") if isinstance(data, str) else data
    wait = timeout[-1] if isinstance(timeout, tuple) else timeout
    asked = urllib.request.Request(url, data, headers or {}, method=method.upper())
    try:
        return Response(url, urllib.request.urlopen(asked, timeout=wait))
    except urllib.error.HTTPError as error:
        return Response(url, error)
    except (urllib.error.URLError, OSError) as error:
        is_late = isinstance(getattr(error, "reason", error), socket.timeout)
        raise (Timeout if is_late else ConnectionFailed)(str(error)) from None


class Session:
    """Requests one by one; nothing is kept between them."""

    def __init__(self):
        self.headers = {}

    def request(self, method, url, **more):
        more["headers"] = dict(self.headers, **(more.get("headers") or {}))
        return _request(method, url, **more)

    def get(self, url, **more):
        return self.request("GET", url, **more)

    def post(self, url, **more):
        return self.request("POST", url, **more)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def close(self):
        pass


def _stand_in():
    module = types.ModuleType("requests")
    errors = types.ModuleType("requests.exceptions")
    for name, kind in [
        ("RequestException", RequestException),
        ("HTTPError", HTTPError),
        ("ConnectionError", ConnectionFailed),
        ("Timeout", Timeout),
        ("ConnectTimeout", Timeout),
        ("ReadTimeout", Timeout),
        ("JSONDecodeError", JSONDecodeError),
    ]:
        setattr(module, name, kind)
        setattr(errors, name, kind)
    module.exceptions, module.request, module.Session = errors, _request, Session
    for method in ("get", "post", "put", "delete", "head", "patch"):
        setattr(module, method, lambda url, _method=method, **more: _request(_method, url, **more))
    sys.modules["requests"], sys.modules["requests.exceptions"] = module, errors


_stand_in()
