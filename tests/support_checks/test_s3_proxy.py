"""The proxy passes everything on as it is, and each fault is what it says."""

from __future__ import annotations

import http.client
import re
import socket
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from s3_proxy import Fault, RequestRecord, S3Proxy  # noqa: E402

CONTENT = bytes(range(256)) * 4
DRIP_SECONDS = 0.01


class Backend(ThreadingHTTPServer):
    """Has CONTENT under every key and remembers what it was asked."""

    daemon_threads = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), BackendConnection)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.seen: list[tuple[str, dict[str, str], bytes]] = []
        self.connections: list[socket.socket] = []
        self.asked = threading.Event()  # somebody waits for the answer that never comes

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A proxy that goes away is no news."""


class BackendConnection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Backend

    def setup(self) -> None:
        super().setup()
        self.server.connections.append(self.connection)

    def log_message(self, *_: Any) -> None:
        pass

    def serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append((self.requestline, dict(self.headers.items()), body))
        if "silent" in self.path:
            self.server.asked.set()
            self.rfile.read()
            self.close_connection = True
        elif "chunked" in self.path:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n")
        elif "cut" in self.path:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
            self.close_connection = True
        elif self.command in ("GET", "HEAD"):
            self.send_content()
        else:
            status = b"204 No Content\r\n" if self.command == "DELETE" else b"200 OK\r\nContent-Length: 0\r\n"
            self.wfile.write(b"HTTP/1.1 " + status + b'ETag: "etag"\r\nX-Amz-Twice: 1\r\nX-Amz-Twice: 2\r\n\r\n')

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = serve

    def send_content(self) -> None:
        content, lines = CONTENT, ["HTTP/1.1 200 OK"]
        if found := re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", "")):
            first, last = int(found[1]), int(found[2])
            content = CONTENT[first : last + 1]
            lines = ["HTTP/1.1 206 Partial Content", f"Content-Range: bytes {first}-{last}/{len(CONTENT)}"]
        head = "\r\n".join([*lines, f"Content-Length: {len(content)}", "", ""]).encode()
        self.wfile.write(head + (b"" if self.command == "HEAD" else content))


@pytest.fixture
def backend() -> Iterator[Backend]:
    with Backend() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def proxy(backend: Backend) -> Iterator[S3Proxy]:
    with S3Proxy(backend.url, drip_seconds=DRIP_SECONDS) as proxy:
        yield proxy


@pytest.fixture
def client(proxy: S3Proxy) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", proxy.server_port, timeout=20)
    yield connection
    connection.close()


def ask(
    client: http.client.HTTPConnection, method: str, target: str, body: bytes | None = None, **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    client.request(method, target, body, headers)
    response = client.getresponse()
    return response, response.read()


def error_code(document: bytes) -> str | None:
    root = ElementTree.fromstring(document)
    assert root.tag == "Error"
    return root.findtext("Code")


def test_requests_and_answers_pass_unchanged(backend: Backend, client: http.client.HTTPConnection) -> None:
    target = "//bucket/a%20b//%C3%A9?list-type=2&prefix=a%2Fb+c&empty="
    client.putrequest("PUT", target, skip_host=True, skip_accept_encoding=True)
    headers = {"Host": "elsewhere.example:1", "X-Amz-Meta-Name": "caf\xe9  x", "Content-Length": str(len(CONTENT))}
    for name, value in headers.items():
        client.putheader(name, value.encode("latin-1"))
    client.endheaders(CONTENT)
    response = client.getresponse()
    assert (response.status, response.read()) == (200, b"")
    assert response.getheaders() == [("Content-Length", "0"), ("ETag", '"etag"')] + [
        ("X-Amz-Twice", "1"),
        ("X-Amz-Twice", "2"),
    ]
    assert backend.seen == [(f"PUT {target} HTTP/1.1", headers, CONTENT)]


def test_both_sides_keep_their_connections(backend: Backend, client: http.client.HTTPConnection) -> None:
    for _ in range(3):
        assert ask(client, "GET", "/bucket/key")[1] == CONTENT
        assert ask(client, "HEAD", "/bucket/key")[0].getheader("Content-Length") == str(len(CONTENT))
        assert ask(client, "DELETE", "/bucket/key")[0].status == 204
        assert ask(client, "GET", "/bucket/chunked")[1] == b"abcdefg"
    assert len(backend.connections) == 1


def test_a_connection_that_the_server_ended_is_opened_again(
    backend: Backend, client: http.client.HTTPConnection
) -> None:
    ask(client, "GET", "/bucket/key")
    backend.connections[0].shutdown(socket.SHUT_RDWR)
    assert ask(client, "GET", "/bucket/key")[1] == CONTENT
    assert len(backend.connections) == 2


def test_a_server_that_breaks_off_shows_as_a_broken_connection(client: http.client.HTTPConnection) -> None:
    with pytest.raises((ConnectionResetError, http.client.IncompleteRead)):
        ask(client, "GET", "/bucket/cut")


def test_a_server_that_is_not_there_shows_as_a_reset_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    with S3Proxy(url) as proxy:
        client = http.client.HTTPConnection("127.0.0.1", proxy.server_port)
        with pytest.raises(ConnectionResetError):
            ask(client, "GET", "/bucket/key")
        client.close()


def test_a_client_that_goes_away_breaks_off_at_the_server_too(backend: Backend) -> None:
    with S3Proxy(backend.url) as proxy:
        with socket.create_connection(("127.0.0.1", proxy.server_port), timeout=20) as connection:
            connection.sendall(b"PUT /bucket/key HTTP/1.1\r\nContent-Length: 8\r\n\r\nhalf")
            connection.shutdown(socket.SHUT_WR)
            with pytest.raises(ConnectionResetError):
                connection.recv(1)
        assert (proxy.requests[0].request_bytes, proxy.requests[0].status) == (4, None)


def test_a_body_that_waits_for_100_continue_arrives(backend: Backend, proxy: S3Proxy) -> None:
    with socket.create_connection(("127.0.0.1", proxy.server_port), timeout=20) as connection:
        connection.sendall(b"PUT /b/k HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        answer = connection.makefile("rb")
        assert answer.readline() == b"HTTP/1.1 100 Continue\r\n"
        assert answer.readline() == b"\r\n"
        connection.sendall(b"body")
        assert answer.readline() == b"HTTP/1.1 200 OK\r\n"
        answer.close()
    assert backend.seen[0][2] == b"body"


def test_large_bodies_pass_in_both_directions(backend: Backend, client: http.client.HTTPConnection) -> None:
    body = CONTENT * 3000
    assert ask(client, "PUT", "/bucket/key", body)[0].status == 200
    assert backend.seen[0][2] == body


def test_requests_are_counted(proxy: S3Proxy, client: http.client.HTTPConnection) -> None:
    ask(client, "GET", "/bucket/one?versionId=3", Range="bytes=0-9")
    ask(client, "PUT", "/bucket/two", b"12345")
    first, second = proxy.requests
    assert (first.method, first.path, first.query) == ("GET", "/bucket/one", "versionId=3")
    assert (first.operation, first.request_bytes, first.response_bytes, first.status) == ("GetObject", 0, 10, 206)
    assert (second.operation, second.request_bytes, second.response_bytes) == ("PutObject", 5, 0)
    assert first.headers["range"] == "bytes=0-9"
    assert proxy.response_bytes() == proxy.response_bytes("/bucket/o") == 10
    assert proxy.response_bytes("/bucket/two") == 0
    proxy.clear()
    assert proxy.requests == []


@pytest.mark.parametrize(
    ("method", "target", "operation"),
    [
        ("GET", "/bucket/?list-type=2&prefix=uploads", "ListObjectsV2"),
        ("GET", "/bucket?uploads", "ListMultipartUploads"),
        ("GET", "/bucket?prefix=a", "ListObjects"),
        ("GET", "/bucket?prefix=a&versions=", "ListObjectVersions"),
        ("GET", "/bucket?versioning", "GetBucketVersioning"),
        ("HEAD", "/bucket", "HeadBucket"),
        ("PUT", "/bucket", "CreateBucket"),
        ("POST", "/bucket/?delete", "DeleteObjects"),
        ("POST", "/bucket/a/b?uploads=", "CreateMultipartUpload"),
        ("PUT", "/bucket/a?partNumber=1&uploadId=x", "UploadPart"),
        ("POST", "/bucket/a?uploadId=x", "CompleteMultipartUpload"),
        ("DELETE", "/bucket/a?uploadId=x", "AbortMultipartUpload"),
        ("GET", "/bucket/a?uploadId=x", "ListParts"),
        ("HEAD", "/bucket/a", "HeadObject"),
        ("DELETE", "/bucket/a", "DeleteObject"),
    ],
)
def test_operations_are_guessed(
    proxy: S3Proxy, client: http.client.HTTPConnection, method: str, target: str, operation: str
) -> None:
    ask(client, method, target)
    assert proxy.requests[0].operation == operation


def test_a_part_that_is_copied_is_told_from_one_that_is_sent(proxy: S3Proxy, client: http.client.HTTPConnection) -> None:
    ask(client, "PUT", "/bucket/a?partNumber=1&uploadId=x", b"", **{"x-amz-copy-source": "/bucket/b"})
    assert proxy.requests[0].operation == "UploadPartCopy"


def test_a_rule_skips_some_then_fires_some_times(proxy: S3Proxy, client: http.client.HTTPConnection) -> None:
    rule = proxy.fault(Fault.STATUS_500, match=lambda record: record.operation == "GetObject", times=2, after=1)
    statuses = []
    for _ in range(4):
        assert ask(client, "HEAD", "/bucket/key")[0].status == 200
        statuses.append(ask(client, "GET", "/bucket/key")[0].status)
    assert statuses == [200, 500, 500, 200]
    assert rule.fired == 2
    assert [record.fault for record in proxy.requests[1::2]] == [None, Fault.STATUS_500, Fault.STATUS_500, None]


def test_healing_ends_a_fault_without_end(proxy: S3Proxy, client: http.client.HTTPConnection) -> None:
    proxy.fault(Fault.STATUS_429)
    assert [ask(client, "GET", "/bucket/key")[0].status for _ in range(3)] == [429] * 3
    proxy.heal()
    assert ask(client, "GET", "/bucket/key")[0].status == 200


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (Fault.STATUS_500, 500, "InternalError"),
        (Fault.STATUS_503_SLOW_DOWN, 503, "SlowDown"),
        (Fault.STATUS_429, 429, "TooManyRequests"),
        (Fault.STATUS_400_TIMEOUT, 400, "RequestTimeout"),
        (Fault.STATUS_409, 409, "OperationAborted"),
        (Fault.STATUS_403, 403, "AccessDenied"),
        (Fault.EXPIRED_TOKEN, 400, "ExpiredToken"),
        (Fault.CLOCK_SKEW, 403, "RequestTimeTooSkewed"),
    ],
)
def test_a_refused_request_is_not_forwarded(
    backend: Backend, proxy: S3Proxy, client: http.client.HTTPConnection, fault: Fault, status: int, code: str
) -> None:
    proxy.fault(fault, times=2)
    response, body = ask(client, "PUT", "/bucket/key", b"body")
    assert (response.status, error_code(body)) == (status, code)
    response, body = ask(client, "HEAD", "/bucket/key")
    assert (response.status, body) == (status, b"")
    assert backend.seen == []
    assert ask(client, "GET", "/bucket/key")[1] == CONTENT
    assert [record.request_bytes for record in proxy.requests] == [4, 0, 0]


@pytest.mark.parametrize(("fault", "forwarded"), [(Fault.RESET, 0), (Fault.LOST_ANSWER, 1)])
def test_a_reset_connection_gives_no_answer(
    backend: Backend, proxy: S3Proxy, client: http.client.HTTPConnection, fault: Fault, forwarded: int
) -> None:
    proxy.fault(fault, times=1)
    with pytest.raises(ConnectionResetError) as raised:
        ask(client, "PUT", "/bucket/key", b"body")
    assert not isinstance(raised.value, http.client.RemoteDisconnected), "closed in good order, not reset"
    assert len(backend.seen) == forwarded
    assert (proxy.requests[0].status, proxy.requests[0].fault) == (None, fault)


def test_a_stalled_request_ends_with_the_proxy_and_no_thread_stays(backend: Backend) -> None:
    before = set(threading.enumerate())
    with S3Proxy(backend.url) as proxy:
        proxy.fault(Fault.STALL, match=lambda record: record.method == "PUT")
        stalled, idle, waiting = (socket.create_connection(("127.0.0.1", proxy.server_port)) for _ in range(3))
        idle.sendall(b"GET /bucket/key HTTP/1.1\r\n\r\n")
        assert idle.recv(4) == b"HTTP"
        waiting.sendall(b"GET /bucket/silent HTTP/1.1\r\n\r\n")
        assert backend.asked.wait(20)
        stalled.settimeout(0.2)
        stalled.sendall(b"PUT /bucket/key HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody")
        with pytest.raises(TimeoutError):
            stalled.recv(1)
        assert (proxy.requests[-1].fault, proxy.requests[-1].request_bytes) == (Fault.STALL, 4)
        threads = set(threading.enumerate()) - before  # the backend's too, for these end if their connections do
    assert stalled.recv(1) == b""
    assert len(threads) >= 1 + 3
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    for connection in (stalled, idle, waiting):
        connection.close()


def test_a_stalled_request_ends_with_its_client(backend: Backend) -> None:
    with S3Proxy(backend.url) as proxy:
        proxy.fault(Fault.STALL)
        with socket.create_connection(("127.0.0.1", proxy.server_port)) as connection:
            connection.sendall(b"GET /bucket/key HTTP/1.1\r\n\r\n")
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(20)
            with pytest.raises(ConnectionResetError):
                connection.recv(1)


def test_an_answer_drips(proxy: S3Proxy, client: http.client.HTTPConnection) -> None:
    proxy.fault(Fault.DRIP)
    started = time.monotonic()
    assert ask(client, "GET", "/bucket/key", Range="bytes=10-19")[1] == CONTENT[10:20]
    assert time.monotonic() - started >= 10 * DRIP_SECONDS
    assert proxy.response_bytes() == 10
    started = time.monotonic()
    assert ask(client, "DELETE", "/bucket/key")[0].status == 204
    assert time.monotonic() - started >= len("HTTP/1.1 204 No Content\r\n") * DRIP_SECONDS


def test_a_truncated_body_is_half_of_what_is_announced(proxy: S3Proxy, client: http.client.HTTPConnection) -> None:
    proxy.fault(Fault.TRUNCATED)
    with pytest.raises(http.client.IncompleteRead) as raised:
        ask(client, "GET", "/bucket/key")
    assert raised.value.partial == CONTENT[: len(CONTENT) // 2]
    assert raised.value.expected == len(CONTENT) - len(CONTENT) // 2


def test_an_altered_body_differs_in_one_byte(proxy: S3Proxy, client: http.client.HTTPConnection) -> None:
    proxy.fault(Fault.ALTERED)
    _, body = ask(client, "GET", "/bucket/key")
    assert len(body) == len(CONTENT)
    assert [n for n, byte in enumerate(body) if byte != CONTENT[n]] == [len(CONTENT) // 2]
    assert ask(client, "PUT", "/bucket/key", b"body")[1] == b""


def test_a_wrong_range_is_the_one_beside(proxy: S3Proxy, client: http.client.HTTPConnection) -> None:
    rule = proxy.fault(Fault.WRONG_RANGE)
    assert ask(client, "GET", "/bucket/key")[1] == CONTENT
    response, body = ask(client, "GET", "/bucket/key", Range="bytes=10-19")
    assert response.getheader("Content-Range") == f"bytes 11-20/{len(CONTENT)}"
    assert (response.status, len(body), body[:-1]) == (206, 10, CONTENT[11:20])
    response, body = ask(client, "GET", "/bucket/key", Range="bytes=1000-1023")
    assert response.getheader("Content-Range") == f"bytes 1001-1023/{len(CONTENT)}"
    assert body == CONTENT[1001:]
    assert rule.fired == 2


def test_an_error_comes_with_status_200(backend: Backend, proxy: S3Proxy, client: http.client.HTTPConnection) -> None:
    proxy.fault(Fault.ERROR_IN_200)
    response, body = ask(client, "POST", "/bucket/key?uploadId=x", b"<Complete/>")
    assert (response.status, error_code(body)) == (200, "InternalError")
    assert ask(client, "HEAD", "/bucket/key")[1] == b""
    assert len(backend.seen) == 2


def test_a_page_comes_with_status_200(backend: Backend, proxy: S3Proxy, client: http.client.HTTPConnection) -> None:
    proxy.fault(Fault.PORTAL)
    response, body = ask(client, "PUT", "/bucket/key", b"body")
    assert (response.status, response.getheader("ETag")) == (200, None)
    assert body.startswith(b"<!DOCTYPE html>")
    assert ask(client, "HEAD", "/bucket/key")[0].status == 200
    assert backend.seen == []


def test_garbage_comes_with_status_200(backend: Backend, proxy: S3Proxy, client: http.client.HTTPConnection) -> None:
    proxy.fault(Fault.GARBAGE_200)
    response, body = ask(client, "GET", "/bucket?list-type=2")
    assert response.status == 200
    with pytest.raises(ElementTree.ParseError):
        ElementTree.fromstring(body)
    assert len(backend.seen) == 1


def test_what_fails_in_a_match_is_raised_at_the_end(backend: Backend) -> None:
    def match(record: RequestRecord) -> bool:
        raise ZeroDivisionError(record.path)

    with pytest.raises(ZeroDivisionError, match="/bucket/key"), S3Proxy(backend.url) as proxy:
        proxy.fault(Fault.RESET, match)
        client = http.client.HTTPConnection("127.0.0.1", proxy.server_port)
        with pytest.raises(ConnectionResetError):
            ask(client, "GET", "/bucket/key")
        client.close()


def test_many_clients_are_counted_exactly(proxy: S3Proxy) -> None:
    rule = proxy.fault(Fault.STATUS_500, times=7)
    statuses: list[int] = []

    def use() -> None:
        client = http.client.HTTPConnection("127.0.0.1", proxy.server_port, timeout=20)
        statuses.extend(ask(client, "GET", "/bucket/key", Range="bytes=0-9")[0].status for _ in range(25))
        client.close()

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [206] * 193 + [500] * 7
    assert (rule.fired, len(proxy.requests)) == (7, 200)
