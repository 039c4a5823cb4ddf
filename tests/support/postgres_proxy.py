"""A line to a PostgreSQL server that breaks at a chosen moment."""

from __future__ import annotations

import socket
import socketserver
import threading
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

from threaded_server import ServesInThread

#: Before the server has heard of the commit, or after it has answered and before the client hears of it.
Moment = Literal["before", "after"]


class PostgresProxy(ServesInThread, socketserver.ThreadingTCPServer):
    """Passes everything on, until what was written is committed: at the first `cuts` of such commits the line breaks."""

    daemon_threads = True

    def __init__(self, url: str, moment: Moment, cuts: int) -> None:
        parts = urlsplit(url)
        assert parts.hostname and parts.port
        self.server = (parts.hostname, parts.port)
        self.moment, self.cuts = moment, cuts
        self.lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), Line)
        user = f"{parts.username}@" if parts.username else ""
        self.url = urlunsplit(parts._replace(netloc=f"{user}127.0.0.1:{self.server_address[1]}"))

    def is_cut(self) -> bool:
        with self.lock:
            self.cuts -= 1
            return self.cuts >= 0


class Line(socketserver.BaseRequestHandler):
    server: PostgresProxy

    def handle(self) -> None:
        with socket.create_connection(self.server.server) as upstream:
            self.cutting = threading.Event()
            answers = threading.Thread(target=self.pass_answers, args=(upstream,))
            answers.start()
            self.pass_questions(upstream)
            upstream.shutdown(socket.SHUT_WR)
            answers.join()

    def pass_questions(self, upstream: socket.socket) -> None:
        writes = False
        while question := self.request.recv(1 << 16):
            writes = writes or b"pg_advisory_xact_lock" in question
            commits = b"COMMIT" in question
            if writes and commits and self.server.is_cut():
                self.cutting.set()
                if self.server.moment == "after":
                    upstream.sendall(question)
                return
            writes = writes and not commits
            upstream.sendall(question)

    def pass_answers(self, upstream: socket.socket) -> None:
        while answer := upstream.recv(1 << 16):
            if not self.cutting.is_set():
                self.request.sendall(answer)
        self.request.close()
