"""Makes of a proxy a service that takes the conditions of writes in other ways than it should."""

from __future__ import annotations

import os
from collections.abc import Callable
from urllib.parse import urlsplit

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from s3_proxy import S3Proxy

CONDITIONS = {"if-match", "if-none-match"}
SIGNATURE = {"authorization", "x-amz-date", "x-amz-content-sha256"}


class _Unsigned(S3SigV4Auth):  # type: ignore[misc]
    """Signs a request but not its body, which the proxy does not have in memory."""

    def payload(self, request: AWSRequest) -> str:
        return "UNSIGNED-PAYLOAD"


def ignore_conditions(proxy: S3Proxy) -> None:
    """From now on the proxy passes writes and removals on without their conditions."""
    _rewrite_conditions(proxy, lambda name, value: None)


def compare_bare_etags(proxy: S3Proxy) -> None:
    """From now on If-Match with an ETag in quotes meets nothing, as at radosgw."""

    def change(name: str, value: str) -> str:
        if name == "if-none-match":
            return value
        return '"of nothing"' if value.startswith('"') else f'"{value}"'

    _rewrite_conditions(proxy, change)


def _rewrite_conditions(proxy: S3Proxy, change: Callable[[str, str], str | None]) -> None:
    """Writes and removals are passed on with the conditions that `change` gives for theirs, signed anew."""
    credentials = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
    signer = _Unsigned(credentials, "s3", os.environ["AWS_REGION"])

    def rewrite(method: str, target: str, headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
        conditions = [(name, value) for name, value in headers if name.lower() in CONDITIONS]
        if method in ("GET", "HEAD") or not conditions:
            return headers
        kept = [(name, value) for name, value in headers if name.lower() not in CONDITIONS | SIGNATURE]
        changed = [(name, change(name.lower(), value)) for name, value in conditions]
        kept += [(name, value) for name, value in changed if value is not None]
        host = next(value for name, value in kept if name.lower() == "host")
        signed = [(name, value) for name, value in kept if name.lower().startswith("x-amz-")]
        request = AWSRequest(method, f"http://{host}{target}", headers=dict(signed))
        assert urlsplit(request.url).netloc == host
        signer.add_auth(request)
        fresh = [(name, value) for name, value in request.headers.items() if name.lower() in SIGNATURE]
        return kept + fresh

    proxy.rewrite = rewrite
