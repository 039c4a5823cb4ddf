"""Makes of a proxy a service without conditional writes: it takes the conditions and ignores them."""

from __future__ import annotations

import os
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
    """From now on the proxy passes writes and removals on without their conditions, signed anew."""
    credentials = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
    signer = _Unsigned(credentials, "s3", os.environ["AWS_REGION"])

    def rewrite(method: str, target: str, headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
        names = {name.lower() for name, _ in headers}
        if method in ("GET", "HEAD") or not names & CONDITIONS:
            return headers
        kept = [(name, value) for name, value in headers if name.lower() not in CONDITIONS | SIGNATURE]
        host = next(value for name, value in kept if name.lower() == "host")
        signed = [(name, value) for name, value in kept if name.lower().startswith("x-amz-")]
        request = AWSRequest(method, f"http://{host}{target}", headers=dict(signed))
        assert urlsplit(request.url).netloc == host
        signer.add_auth(request)
        fresh = [(name, value) for name, value in request.headers.items() if name.lower() in SIGNATURE]
        return kept + fresh

    proxy.rewrite = rewrite
