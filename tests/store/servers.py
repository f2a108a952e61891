"""Small HTTP servers for what ``mlflow server`` does only when something is wrong, and a proxy before a real one."""

import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


@dataclass
class Answer:
    """What a server sends; ``None`` for the body closes the connection without an answer."""

    status: int = 200
    body: str | None = "{}"
    kind: str = "application/json"


@dataclass
class Seen:
    """A request that arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Site:
    """A running server, and what it was asked."""

    url: str
    seen: list[Seen] = field(default_factory=list)


@contextmanager
def answering(answer: Callable[[Seen], Answer], tls: Any = None) -> Iterator[Site]:
    """Serve answers on 127.0.0.1; ``tls`` is an ``ssl.SSLContext``."""
    site = Site("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            request = Seen(self.command, self.path, dict(self.headers.items()), body)
            site.seen.append(request)
            given = answer(request)
            if given.body is None:
                self.close_connection = True
                return
            self.send_response(given.status)
            self.send_header("content-type", given.kind)
            self.send_header("content-length", str(len(given.body.encode())))
            self.end_headers()
            self.wfile.write(given.body.encode())

        do_POST = do_DELETE = do_PATCH = do_GET

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    site.url = f"{'https' if tls is not None else 'http'}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def silent() -> Iterator[str]:
    """An address that takes connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def before(url: str, answer: Callable[[Seen, Callable[[], Answer]], Answer]) -> Iterator[Site]:
    """A proxy before a real server; ``answer`` is given the request and a way to pass it on."""
    host = urlsplit(url).netloc

    def proxied(request: Seen) -> Answer:
        def pass_on() -> Answer:
            connection = http.client.HTTPConnection(host, timeout=30)
            kept = {
                name: value for name, value in request.headers.items() if name.lower() not in ("host", "connection")
            }
            connection.request(request.method, request.path, request.body, {**kept, "Accept-Encoding": "identity"})
            response = connection.getresponse()
            text = response.read().decode()
            connection.close()
            return Answer(response.status, text, response.headers.get("content-type", "text/plain"))

        return answer(request, pass_on)

    with answering(proxied) as site:
        yield site
