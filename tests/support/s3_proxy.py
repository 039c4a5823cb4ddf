"""An HTTP proxy before an S3 server that counts what passes and breaks what it is told to break."""

from __future__ import annotations

import itertools
import re
import select
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from enum import Enum
from http.client import HTTPConnection, HTTPException, HTTPResponse, responses
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from threaded_server import ServesInThread

BLOCK = 256 * 1024  # bytes read at a time
Answer = tuple[int, dict[str, str], bytes]  # status, headers with names in lower case, body
Headers = Iterable[tuple[str, str]]
Match = Callable[["RequestRecord"], bool]
Rewrite = Callable[[str, str, list[tuple[str, str]]], list[tuple[str, str]]]  # of method, target, headers


class Fault(Enum):
    """What can go wrong with a request. An answer without a body, as to HEAD, cannot be cut or altered: it passes."""

    STATUS_500 = "not forwarded; answered by 500 InternalError"
    STATUS_503_SLOW_DOWN = "not forwarded; answered by 503 SlowDown"
    STATUS_429 = "not forwarded; answered by 429 TooManyRequests"
    STATUS_400_TIMEOUT = "not forwarded; answered by 400 RequestTimeout"
    STATUS_409 = "not forwarded; answered by 409 OperationAborted"
    STATUS_403 = "not forwarded; answered by 403 AccessDenied"
    EXPIRED_TOKEN = "not forwarded; answered by 400 ExpiredToken"
    CLOCK_SKEW = "not forwarded; answered by 403 RequestTimeTooSkewed"
    PORTAL = "not forwarded; answered by 200 and a page in HTML, as networks do in which one has to log in first"
    RESET = "not forwarded; the connection is reset once the headers are read"
    STALL = "not forwarded; read to its end and never answered, until the client or the proxy goes away"
    LOST_ANSWER = "forwarded; the answer is thrown away and the connection reset"
    DRIP = "forwarded; the answer's body, or its headers if it has no body, comes at one byte every 2 seconds"
    TRUNCATED = "forwarded; half of the body under headers that promise all of it, then the connection is closed"
    ALTERED = "forwarded; one bit in the middle of the body is flipped"
    WRONG_RANGE = "forwarded; a GET with a range (others never get this) is answered by the range one byte later"
    ERROR_IN_200 = "forwarded; answered by 200 InternalError"
    GARBAGE_200 = "forwarded; answered by 200 with a body that is no XML"

    @property
    def error(self) -> Answer | None:
        """What the client gets in place of an answer, if the line above ends with an error of S3 or tells of a page."""
        if self is Fault.PORTAL:
            return 200, {"content-type": "text/html"}, b"<!DOCTYPE html><html><body>Log in, please</body></html>"
        found = re.search(r"answered by (\d+) (\w+)$", self.value)
        if found is None:
            return None
        body = f'<?xml version="1.0"?>\n<Error><Code>{found[2]}</Code><Message>made up by a test</Message></Error>'
        return int(found[1]), {"content-type": "application/xml"}, body.encode()


# What a request is if it has this query parameter or header; the first that it has counts.
OPERATIONS: dict[str, list[tuple[str, str]]] = {
    "PUT Bucket": [("", "CreateBucket")],
    "POST Bucket": [("delete", "DeleteObjects")],
    "GET Bucket": [("list-type", "ListObjectsV2"), ("uploads", "ListMultipartUploads")]
    + [("versions", "ListObjectVersions"), ("versioning", "GetBucketVersioning")]
    + [("object-lock", "GetObjectLockConfiguration"), ("", "ListObjects")],
    "GET Object": [("uploadId", "ListParts")],
    "PUT Object": [("uploadId", "UploadPart"), ("x-amz-copy-source", "CopyObject")],
    "POST Object": [("uploads", "CreateMultipartUpload"), ("uploadId", "CompleteMultipartUpload")],
    "DELETE Object": [("uploadId", "AbortMultipartUpload")],
}


@dataclass
class RequestRecord:
    """A request and what became of it. `path` ("/bucket/key") and `query` are as sent, `headers` have lower-case names.
    Byte counts are of bodies, but `match` finds the Content-Length in `request_bytes`. `status` is None if none was
    sent, `operation` a guess such as "GetObject"."""

    method: str
    path: str
    query: str
    headers: dict[str, str] = field(repr=False)
    request_bytes: int
    response_bytes: int = 0
    status: int | None = None
    fault: Fault | None = None
    operation: str = field(init=False)

    def __post_init__(self) -> None:
        bucket, _, key = self.path.lstrip("/").partition("/")
        target = "Object" if key else "Bucket" if bucket else "Service"
        given = {"", *self.headers, *dict(parse_qsl(self.query, keep_blank_values=True))}
        found = (name for word, name in OPERATIONS.get(f"{self.method} {target}", []) if word in given)
        self.operation = next(found, self.method.capitalize() + target)
        if self.operation == "UploadPart" and "x-amz-copy-source" in self.headers:
            self.operation = "UploadPartCopy"


@dataclass
class FaultRule:
    """Gives a fault to the next `times` requests (None: all) that match, after `after` others that match."""

    fault: Fault
    match: Match | None
    times: int | None
    after: int
    fired: int = 0

    def takes(self, record: RequestRecord) -> bool:
        """Whether this request gets the fault; counts it."""
        fits = self.fault is not Fault.WRONG_RANGE or (record.method == "GET" and "range" in record.headers)
        if not fits or self.fired == self.times or (self.match and not self.match(record)):
            return False
        self.after -= 1
        self.fired += self.after < 0
        return self.after < 0


class S3Proxy(ServesInThread, ThreadingHTTPServer):
    """A proxy on a free port of 127.0.0.1, from `with` to the end of its block. Clients sign for its `url`: the server
    gets their target and headers, Host too, as sent; or they have it for their HTTP proxy. Nothing is forwarded twice.
    If the server breaks off or cannot be reached, the client's connection is reset. `requests` are in the order in
    which they came. For any thread."""

    daemon_threads = False  # so that server_close() waits for them
    request_queue_size = 128

    def __init__(self, server_url: str, drip_seconds: float = 2.0) -> None:
        parts = urlsplit(server_url)
        assert parts.scheme == "http" and parts.hostname and parts.path in ("", "/"), server_url
        super().__init__(("127.0.0.1", 0), _ClientConnection)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.requests: list[RequestRecord] = []
        self.s3_address = (parts.hostname, parts.port or 80)
        self.drip_seconds = drip_seconds
        self.stopping = threading.Event()
        self._lock = threading.Lock()  # for what is more than one operation on a list
        self._rules: list[FaultRule] = []
        self._sockets: list[socket.socket] = []
        self.failures: list[Exception] = []
        #: Gives the headers that are passed on in place of a request's own.
        self.rewrite: Rewrite | None = None

    def server_close(self) -> None:
        """Ends all connections and their threads."""
        self.stopping.set()
        for connection in self._sockets.copy():
            self.track(connection)
        super().server_close()

    def __exit__(self, *raised: Any) -> None:
        """Raises what failed in the proxy itself or in a `match`."""
        super().__exit__(*raised)
        if self.failures:
            raise self.failures[0]

    def clear(self) -> None:
        """Forgets the requests."""
        self.requests.clear()

    def response_bytes(self, prefix: str = "") -> int:
        """The bytes of all answers to requests whose path ("/bucket/key", as sent) begins so."""
        return sum(record.response_bytes for record in self.requests.copy() if record.path.startswith(prefix))

    def fault(self, fault: Fault, match: Match | None = None, times: int | None = None, after: int = 0) -> FaultRule:
        """Adds a rule; its `fired` counts. The oldest that fires decides, and younger ones do not see the request."""
        self._rules.append(rule := FaultRule(fault, match, times, after))
        return rule

    def heal(self) -> None:
        """Removes all rules; what is stalled or dripping stays so."""
        self._rules.clear()

    def admit(self, record: RequestRecord) -> None:
        """Counts a request and sets its fault."""
        with self._lock:
            self.requests.append(record)
            record.fault = next((rule.fault for rule in self._rules if rule.takes(record)), None)

    def track(self, connection: socket.socket) -> None:
        """Remembers a connection that has to end with the proxy; ends it if that is now."""
        self._sockets.append(connection)
        with suppress(OSError):
            if self.stopping.is_set():
                connection.shutdown(socket.SHUT_RDWR)


def tampered(answer: Answer, fault: Fault | None) -> Answer:
    """What the client gets for the server's answer; the same if the fault is in the sending."""
    status, headers, body = answer
    if fault is Fault.ALTERED:
        half = len(body) // 2
        return status, headers, body[:half] + bytes(byte ^ 1 for byte in body[half : half + 1]) + body[half + 1 :]
    if fault is Fault.GARBAGE_200:
        return 200, {"content-type": "application/xml"}, b"\xff\0 this & that is < no XML"
    if fault is Fault.WRONG_RANGE and len(numbers := re.findall(r"\d+", headers.get("content-range", ""))) == 3:
        first, last, size = map(int, numbers)
        headers["content-range"] = f"bytes {first + 1}-{min(last + 1, size - 1)}/{size}"
        # The next byte, if there is one, is not known here, and asking for it would need the client's signature.
        return status, headers, body[1:] + (b"\0" if last + 1 < size else b"")
    return (fault and fault.error) or answer


class _ClientConnection(BaseHTTPRequestHandler):
    """One client's connection, with a connection of its own to the server."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: S3Proxy

    def handle(self) -> None:
        self.server.track(self.connection)
        with suppress(OSError), closing(HTTPConnection(*self.server.s3_address)) as self.upstream:
            super().handle()

    def serve(self) -> None:
        """Answers one request. If that breaks at either end, or has to, the client's connection is reset."""
        target = self.requestline.split()[1]  # self.path has lost slashes if it began with two
        target = re.sub(r"^http://[^/]*", "", target)  # of a client that has this for its proxy
        path, _, query = target.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        size = int(headers.get("content-length", 0))
        record = RequestRecord(self.command, path, query, headers, size)
        try:
            self.server.admit(record)
            record.request_bytes = 0
            self.answer(record, target, self.body_blocks(record, size))
        except Exception as error:
            if not isinstance(error, (OSError, HTTPException)):
                self.server.failures.append(error)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.rfile.close()  # else the socket would stay open for it
            self.connection.close()
            self.close_connection = True

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = serve

    def body_blocks(self, record: RequestRecord, size: int) -> Iterator[bytes]:
        while record.request_bytes < size:
            block = self.rfile.read(min(BLOCK, size - record.request_bytes))
            if not block:
                raise ConnectionAbortedError("the client went away")
            record.request_bytes += len(block)
            yield block

    def answer(self, record: RequestRecord, target: str, body: Iterator[bytes]) -> None:
        assert "transfer-encoding" not in record.headers, "only bodies with a Content-Length are passed on"
        fault = record.fault
        while fault is Fault.STALL and (any(body) or self.rfile.read1(BLOCK)):
            pass
        if fault in (Fault.STALL, Fault.RESET):
            raise ConnectionResetError
        if fault and fault.error and fault is not Fault.ERROR_IN_200:
            all(body)  # reads it to its end
            return self.send_whole(record, fault.error)
        response = self.forward(target, body)
        if fault is None and response.length is not None:
            self.send(record, response.status, response.headers.raw_items(), iter(lambda: response.read(BLOCK), b""))
        else:
            whole = response.status, {name.lower(): value for name, value in response.headers.items()}, response.read()
            if fault is Fault.LOST_ANSWER:
                raise ConnectionResetError
            self.send_whole(record, tampered(whole, fault))
        if response.length:
            raise ConnectionAbortedError("the server broke off")

    def forward(self, target: str, body: Iterator[bytes]) -> HTTPResponse:
        """Passes the request on as it comes and waits for the headers of the answer."""
        if not self.upstream.sock or select.select([self.upstream.sock], [], [], 0)[0]:  # none, or the server ended it
            self.upstream.close()
            self.upstream.connect()
            self.server.track(self.upstream.sock)
        self.upstream.putrequest(self.command, target, skip_host=True, skip_accept_encoding=True)
        headers = list(self.headers.raw_items())
        if self.server.rewrite is not None:
            headers = self.server.rewrite(self.command, target, headers)
        for name, value in headers:
            self.upstream.putheader(name, value)
        self.upstream.endheaders()
        for block in body:
            with suppress(OSError):  # the server may answer without reading all, but the client sends all
                self.upstream.send(block)
        return self.upstream.getresponse()

    def send_whole(self, record: RequestRecord, answer: Answer) -> None:
        """Sends an answer that is in memory, under the length of its body."""
        status, headers, body = answer
        if record.method == "HEAD" or status in (204, 304):
            return self.send(record, status, headers.items(), [])
        headers.pop("transfer-encoding", None)
        headers = {"date": self.date_time_string()} | headers | {"content-length": str(len(body))}
        if record.fault is Fault.TRUNCATED:
            body, self.close_connection = body[: len(body) // 2], True
        self.send(record, status, headers.items(), [body])

    def send(self, record: RequestRecord, status: int, headers: Headers, body: Iterable[bytes]) -> None:
        lines = [f"HTTP/1.1 {status} {responses.get(status, '')}", *(f"{name}: {value}" for name, value in headers)]
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        record.status = status
        sent = -len(head)
        for piece in self.drops(head, b"".join(body)) if record.fault is Fault.DRIP else itertools.chain([head], body):
            sent += len(piece)
            record.response_bytes = max(0, sent)
            self.wfile.write(piece)

    def drops(self, head: bytes, body: bytes) -> Iterator[bytes]:
        yield head if body else b""
        for byte in body or head:
            if self.server.stopping.wait(self.server.drip_seconds):
                raise ConnectionAbortedError("the proxy ends")
            yield bytes([byte])
