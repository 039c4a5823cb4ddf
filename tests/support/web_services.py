"""What stands around an S3 service: servers with answers that a test makes up, and an HTTP proxy that makes tunnels."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any

from s3_server import Certificate
from threaded_server import ServesInThread


@dataclass(frozen=True)
class Asked:
    """A request; `headers` have lower-case names, `target` is the path with its query."""

    method: str
    target: str
    headers: dict[str, str]
    body: str


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)


class AnswerServer(ServesInThread, ThreadingHTTPServer):
    """Answers everything by `answer`, from `with` to the end of its block; `asked` is what it was asked."""

    def __init__(self, answer: Callable[[Asked], Answer], certificate: Certificate | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _AnswerConnection)
        self.answer = answer
        self.asked: list[Asked] = []
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.server_port}"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate.pem, certificate.key)
            self.socket = context.wrap_socket(self.socket, server_side=True)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news."""


class _AnswerConnection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: AnswerServer
    timeout = 5

    def log_message(self, *_: Any) -> None:
        pass

    def serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode("latin-1")
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, self.path, headers, body)
        self.server.asked.append(asked)
        answer = self.server.answer(asked)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body.encode())))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body.encode())

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_CONNECT = serve


class TunnelProxy(ServesInThread, ThreadingTCPServer):
    """An HTTP proxy that leads CONNECT to `port` of this machine whatever was asked for, which is in `asked`. It is
    also a way to use names that no name server knows."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Tunnel)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.port = port
        self.asked: list[str] = []

    def handle_error(self, request: Any, client_address: Any) -> None:
        """One end that goes away is no news."""


class _Tunnel(StreamRequestHandler):
    server: TunnelProxy
    rbufsize = 0

    def handle(self) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self.rfile.read(1)
        method, target, _ = head.decode("latin-1").split(" ", 2)
        assert method == "CONNECT", head
        self.server.asked.append(target)
        with socket.create_connection(("127.0.0.1", self.server.port)) as there:
            self.connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            back = threading.Thread(target=_pass_on, args=(there, self.connection), daemon=True)
            back.start()
            _pass_on(self.connection, there)
            back.join()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    """Until one of the two ends."""
    try:
        while block := source.recv(1 << 16):
            target.sendall(block)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass
