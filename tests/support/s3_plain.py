"""Makes of a proxy a service that takes conditions of writes, or protection, in other ways than it should."""

from __future__ import annotations

import os
from collections.abc import Callable
from urllib.parse import urlsplit

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from s3_proxy import S3Proxy

CONDITIONS = {"if-match", "if-none-match"}
PROTECTION = {"x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date", "x-amz-object-lock-legal-hold"}
SIGNATURE = {"authorization", "x-amz-date", "x-amz-content-sha256"}


class _Unsigned(S3SigV4Auth):  # type: ignore[misc]
    """Signs a request but not its body, which the proxy does not have in memory."""

    def payload(self, request: AWSRequest) -> str:
        return "UNSIGNED-PAYLOAD"


def ignore_conditions(proxy: S3Proxy) -> None:
    """From now on the proxy passes writes and removals on without their conditions."""
    _rewrite_headers(proxy, CONDITIONS, lambda name, value: None)


def ignore_protection(proxy: S3Proxy) -> None:
    """From now on the proxy passes writes on without the protection that they ask for."""
    _rewrite_headers(proxy, PROTECTION, lambda name, value: None)


def compare_bare_etags(proxy: S3Proxy) -> None:
    """From now on If-Match with an ETag in quotes meets nothing, as at radosgw."""

    def change(name: str, value: str) -> str:
        if name == "if-none-match":
            return value
        return '"of nothing"' if value.startswith('"') else f'"{value}"'

    _rewrite_headers(proxy, CONDITIONS, change)


def _rewrite_headers(proxy: S3Proxy, names: set[str], change: Callable[[str, str], str | None]) -> None:
    """Writes and removals are passed on with the values that `change` gives for these headers, signed anew."""
    credentials = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
    signer = _Unsigned(credentials, "s3", os.environ["AWS_REGION"])

    def rewrite(method: str, target: str, headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
        concerned = [(name, value) for name, value in headers if name.lower() in names]
        if method in ("GET", "HEAD") or not concerned:
            return headers
        kept = [(name, value) for name, value in headers if name.lower() not in names | SIGNATURE]
        changed = [(name, change(name.lower(), value)) for name, value in concerned]
        kept += [(name, value) for name, value in changed if value is not None]
        host = next(value for name, value in kept if name.lower() == "host")
        signed = [(name, value) for name, value in kept if name.lower().startswith("x-amz-")]
        request = AWSRequest(method, f"http://{host}{target}", headers=dict(signed))
        assert urlsplit(request.url).netloc == host
        signer.add_auth(request)
        fresh = [(name, value) for name, value in request.headers.items() if name.lower() in SIGNATURE]
        return kept + fresh

    proxy.rewrite = rewrite
