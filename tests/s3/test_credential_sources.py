"""Credentials come from where AWS's own tools look for them; where there are none, that is said at once."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from s3_registry import Bucket, BucketUnio
from s3_server import Authority
from unio_scenes import fails, publish
from web_services import Answer, AnswerServer, Asked, TunnelProxy

KEY = os.environ.get("AWS_ACCESS_KEY_ID", "")
SECRET = os.environ.get("AWS_SECRET_ACCESS_KEY", "")
TOKEN = "the-token-of-the-session"
#: In which an answer must be there. Alone it takes a tenth of a second.
SOON = 5
LATER = "2126-01-01T00:00:00Z"
ENVIRONMENT = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")


@pytest.fixture
def unio(tmp_path: Path) -> BucketUnio:
    """A user without credentials."""
    unio = BucketUnio(tmp_path / "home", Bucket())
    for name in ENVIRONMENT:
        del unio.env[name]
    unio.secrets += [SECRET, TOKEN]
    (unio.home / ".aws").mkdir()
    return unio


def check_token(unio: BucketUnio, **env: str) -> None:
    """A command signs with the right key and the session's token. The tests' server has no sessions."""
    with AnswerServer(lambda _: Answer(body="<ListBucketResult/>")) as s3:
        unio.run("ls", AWS_ENDPOINT_URL_S3=s3.url, **env)
    assert s3.asked
    for asked in s3.asked:
        assert f"Credential={KEY}/" in asked.headers["authorization"]
        assert "x-amz-security-token" in asked.headers["authorization"]
        assert asked.headers["x-amz-security-token"] == TOKEN


def configure(unio: BucketUnio, text: str, name: str = "config") -> None:
    (unio.home / ".aws" / name).write_text(text)


def given(token: str | None = TOKEN, **others: str) -> str:
    """Credentials as JSON, as programs and containers give them."""
    values = {"Version": 1, "AccessKeyId": KEY, "SecretAccessKey": SECRET, **others}
    return json.dumps(values | ({"SessionToken": token, "Token": token, "Expiration": LATER} if token else {}))


def test_a_session_token_of_the_environment_is_sent(unio: BucketUnio) -> None:
    check_token(unio, AWS_ACCESS_KEY_ID=KEY, AWS_SECRET_ACCESS_KEY=SECRET, AWS_SESSION_TOKEN=TOKEN)


def test_a_profile_has_keys(unio: BucketUnio) -> None:
    configure(unio, f"[default]\naws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n", "credentials")
    unio.run("ls")


@pytest.mark.parametrize("env", [{"AWS_PROFILE": "lab"}, {"UNIO_S3_PROFILE": "lab", "AWS_ACCESS_KEY_ID": "other"}])
def test_a_profile_names_a_program(unio: BucketUnio, env: dict[str, str]) -> None:
    program = unio.home / "credentials.py"
    program.write_text(f"import sys\nsys.stderr.write({SECRET!r})\nprint({given()!r})\n")
    configure(unio, f"[profile lab]\ncredential_process = {shlex.quote(sys.executable)} {program}\n")
    check_token(unio, **env)


def test_a_program_is_asked_once(unio: BucketUnio, tmp_path: Path) -> None:
    configure(unio, f"[default]\ncredential_process = echo >> {tmp_path}/asked; echo {shlex.quote(given(None))}\n")
    publish(unio, tmp_path / "work")
    assert (tmp_path / "asked").read_text() == "\n"


@pytest.mark.parametrize("token_in_file", [False, True])
def test_a_container_has_a_service_of_credentials(
    unio: BucketUnio, tmp_path: Path, token_in_file: bool
) -> None:
    (tmp_path / "token").write_text("the-token-of-the-container")
    with AnswerServer(lambda _: Answer(body=given())) as service:
        env = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": service.url + "/role?of=container"}
        if token_in_file:
            env |= {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(tmp_path / "token")}
        else:
            env |= {"AWS_CONTAINER_AUTHORIZATION_TOKEN": "the-token-of-the-container"}
        check_token(unio, **env)
    assert {asked.target for asked in service.asked} == {"/role?of=container"}
    assert {asked.headers["authorization"] for asked in service.asked} == {"the-token-of-the-container"}


def metadata(asked: Asked) -> Answer:
    """What the metadata service of a machine says."""
    roles = "/latest/meta-data/iam/security-credentials/"
    if asked.method == "PUT" and asked.target == "/latest/api/token":
        return Answer(body="the-token-of-the-machine")
    if asked.headers.get("x-aws-ec2-metadata-token") != "the-token-of-the-machine":
        return Answer(401)
    return {roles: Answer(body="role"), roles + "role": Answer(body=given(Code="Success"))}.get(asked.target, Answer(404))


def test_a_machine_has_a_role(unio: BucketUnio) -> None:
    del unio.env["AWS_EC2_METADATA_DISABLED"]
    with AnswerServer(metadata) as service:
        check_token(unio, AWS_EC2_METADATA_SERVICE_ENDPOINT=service.url)


ROLE = """<{0}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{0}Result><Credentials>
<AccessKeyId>{1}</AccessKeyId><SecretAccessKey>{2}</SecretAccessKey><SessionToken>{3}</SessionToken>
<Expiration>{4}</Expiration></Credentials></{0}Result></{0}Response>"""


def token_service(asked: Asked) -> Answer:
    """AWS STS, for one role."""
    asks = {name: values[0] for name, values in parse_qs(asked.body).items()}
    if asks.get("RoleArn") != "arn:aws:iam::1:role/lab":
        return Answer(403, "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>")
    if asks["Action"] == "AssumeRoleWithWebIdentity" and asks["WebIdentityToken"] != "the-token-of-the-pod":
        return Answer(400, "<ErrorResponse><Error><Code>InvalidIdentityToken</Code></Error></ErrorResponse>")
    return Answer(body=ROLE.format(asks["Action"], KEY, SECRET, TOKEN, LATER), headers={"Content-Type": "text/xml"})


def sign_on_portal(asked: Asked) -> Answer:
    """AWS IAM Identity Center's portal."""
    wanted = {"/federation/credentials?account_id=1&role_name=lab", "/federation/credentials?role_name=lab&account_id=1"}
    if asked.target not in wanted or asked.headers.get("x-amz-sso_bearer_token") != "the-token-of-the-login":
        return Answer(401)
    role = {"accessKeyId": KEY, "secretAccessKey": SECRET, "sessionToken": TOKEN, "expiration": 4922812800000}
    return Answer(body=json.dumps({"roleCredentials": role}))


@pytest.fixture
def aws(unio: BucketUnio, tmp_path: Path) -> Iterator[Callable[..., TunnelProxy]]:
    """Starts a service of AWS. They are reached by name and over TLS: a proxy stands for the name server."""
    with ExitStack() as stack:

        def start(answer: Callable[[Asked], Answer], host: str) -> TunnelProxy:
            certificate = Authority(tmp_path / "authority").certify(f"DNS:{host}")
            service = stack.enter_context(AnswerServer(answer, certificate))
            tunnel = stack.enter_context(TunnelProxy(service.server_port))
            unio.env |= {"AWS_CA_BUNDLE": str(certificate.authority), "https_proxy": tunnel.url}
            return tunnel

        yield start


Aws = Callable[[Callable[[Asked], Answer], str], TunnelProxy]


def test_a_pod_has_a_web_identity(unio: BucketUnio, aws: Aws, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("the-token-of-the-pod")
    tunnel = aws(token_service, "sts.us-east-1.amazonaws.com")
    env = {"AWS_ROLE_ARN": "arn:aws:iam::1:role/lab", "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token")}
    check_token(unio, **env)
    assert tunnel.asked == ["sts.us-east-1.amazonaws.com:443"]


@pytest.mark.parametrize("source", ["source_profile = base", "credential_source = Environment", "web_identity_token_file = ~"])
def test_a_profile_takes_a_role(unio: BucketUnio, aws: Aws, tmp_path: Path, source: str) -> None:
    (tmp_path / "token").write_text("the-token-of-the-pod")
    source = source.replace("~", str(tmp_path / "token"))
    configure(unio, f"[profile lab]\nrole_arn = arn:aws:iam::1:role/lab\n{source}\n[profile base]\nregion = us-east-1\n")
    configure(unio, f"[base]\naws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n", "credentials")
    aws(token_service, "sts.us-east-1.amazonaws.com")
    env = {"AWS_ACCESS_KEY_ID": "other", "AWS_SECRET_ACCESS_KEY": "other"} if "Environment" in source else {}
    check_token(unio, UNIO_S3_PROFILE="lab", **env)


def log_in(unio: BucketUnio, token: str) -> None:
    """What `aws sso login` leaves behind."""
    session = "[sso-session lab]\nsso_region = us-east-1\nsso_start_url = https://lab.test/start\n"
    configure(unio, f"[profile lab]\nsso_session = lab\nsso_account_id = 1\nsso_role_name = lab\n{session}")
    cache = unio.home / ".aws/sso/cache"
    cache.mkdir(parents=True)
    (cache / f"{hashlib.sha1(b'lab').hexdigest()}.json").write_text(json.dumps({"accessToken": token, "expiresAt": LATER}))


def test_a_profile_signs_on_by_sso(unio: BucketUnio, aws: Aws) -> None:
    log_in(unio, "the-token-of-the-login")
    aws(sign_on_portal, "portal.sso.us-east-1.amazonaws.com")
    check_token(unio, AWS_PROFILE="lab")


def fails_soon(unio: BucketUnio, *args: str, hint: str, **env: str) -> str:
    begin = time.monotonic()
    message = fails(unio, 6, *args, hint=hint, **env)
    assert time.monotonic() - begin < SOON
    return message


@pytest.mark.parametrize(
    ("config", "env", "named"),
    [
        ("", {}, "AWS_ACCESS_KEY_ID"),
        ("", {"AWS_SHARED_CREDENTIALS_FILE": "/no/such/file", "AWS_CONFIG_FILE": "/no/such/file"}, "default"),
        ("[profile lab]\nregion = eu-west-1\n", {"UNIO_S3_PROFILE": "lab"}, "lab"),
        ("[profile lab]\nregion = eu-west-1\n", {"AWS_PROFILE": "other"}, "other"),
        ("[profile lab]\ncredential_process = false\n", {"AWS_PROFILE": "lab"}, "credential_process"),
        ("[profile lab]\ncredential_process = echo {}\n", {"AWS_PROFILE": "lab"}, "credential_process"),
        ("[profile lab]\nrole_arn = x\nsource_profile = gone\n", {"AWS_PROFILE": "lab"}, "role"),
        ("[profile lab]\nrole_arn = x\nsource_profile = gone\n", {"UNIO_S3_PROFILE": "lab"}, "role"),
        ("[profile lab]\nsso_account_id = 1\nsso_role_name = lab\n", {"AWS_PROFILE": "lab"}, "sso"),
        ("[default\nbroken", {}, "AWS_ACCESS_KEY_ID"),
        ("", {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "nonsense"}, "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
        ("", {"AWS_WEB_IDENTITY_TOKEN_FILE": "/no/such/file", "AWS_ROLE_ARN": "x"}, "AWS_WEB_IDENTITY_TOKEN_FILE"),
    ],
    ids=lambda value: None if isinstance(value, dict) else str(value)[:40],
)
def test_where_no_credentials_are_it_says_where_it_looked(
    unio: BucketUnio, config: str, env: dict[str, str], named: str
) -> None:
    configure(unio, config)
    assert named in fails_soon(unio, "ls", hint="profile", **env)


@pytest.mark.parametrize(
    "answer", [Answer(500), Answer(403, "no"), Answer(200, "{}"), Answer(200, "no json"), Answer(200, "")]
)
def test_a_container_that_has_none_is_told(unio: BucketUnio, answer: Answer) -> None:
    with AnswerServer(lambda _: answer) as service:
        env = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": service.url, "AWS_CONTAINER_AUTHORIZATION_TOKEN": TOKEN}
        fails(unio, 6, "ls", hint="--profile", **env)


def test_a_container_that_does_not_answer_is_told(unio: BucketUnio) -> None:
    """It is tried some times."""
    message = fails(unio, 6, "ls", hint="--profile", AWS_CONTAINER_CREDENTIALS_FULL_URI="http://127.0.0.1:1/role")
    assert "AWS_CONTAINER_CREDENTIALS_FULL_URI" in message


def test_a_role_that_is_not_given_is_told(unio: BucketUnio, aws: Aws, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN)
    aws(token_service, "sts.us-east-1.amazonaws.com")
    env = {"AWS_ROLE_ARN": "arn:aws:iam::1:role/lab", "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token")}
    fails_soon(unio, "ls", hint="--profile", **env)


def test_a_token_service_that_is_not_trusted_is_told_soon(unio: BucketUnio, aws: Aws, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("the-token-of-the-pod")
    aws(token_service, "sts.us-east-1.amazonaws.com")
    env = {"AWS_ROLE_ARN": "arn:aws:iam::1:role/lab", "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token")}
    fails_soon(unio, "ls", hint="--profile", AWS_CA_BUNDLE=str(Authority(tmp_path / "other").pem), **env)


@pytest.mark.parametrize("code", ["ExpiredToken", "InvalidToken"])
@pytest.mark.parametrize("options", [[], ["--json"]], ids=["plain", "json"])
def test_a_token_that_expired_is_told(unio: BucketUnio, code: str, options: list[str]) -> None:
    body = f"<Error><Code>{code}</Code><Message>The provided token has expired.</Message><Token-0>{TOKEN}</Token-0></Error>"
    with AnswerServer(lambda _: Answer(400, body)) as service:
        env = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_SESSION_TOKEN": TOKEN}
        result = unio.run("ls", *options, exit_code=6, AWS_ENDPOINT_URL_S3=service.url, **env)
    assert code in result.stdout + result.stderr
    assert "new credentials" in result.stdout + result.stderr
    assert len(service.asked) == 1


def test_what_the_service_repeats_of_a_signature_is_not_shown(unio: BucketUnio) -> None:
    def refuse(asked: Asked) -> Answer:
        signed = f"<StringToSign>AWS4-HMAC-SHA256 {SECRET}</StringToSign><Header>{asked.headers['authorization']}</Header>"
        return Answer(403, f"<Error><Code>SignatureDoesNotMatch</Code><Message>No.</Message>{signed}</Error>")

    with AnswerServer(refuse) as service:
        env = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_ENDPOINT_URL_S3": service.url}
        talkative = {"UNIO_PROGRESS": "always", "UNIO_COLOR": "always"}
        result = unio.run("ls", exit_code=6, **env, **talkative)  # which looks for secrets
    assert "SignatureDoesNotMatch" in result.stderr
