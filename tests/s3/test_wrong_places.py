"""Who asks in the wrong region, or at the wrong endpoint, or at the wrong time, is told what is right, once and at once."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from s3_registry import Bucket, BucketUnio
from s3_server import S3Server
from skewed_clock import skewed_clock
from unio_scenes import fails, start_package
from web_services import Answer, AnswerServer

HOUR = 60 * 60
#: In which an answer must be there, and the process ended. Alone it takes a tenth of a second.
SOON = 5


@pytest.fixture
def unio(tmp_path: Path) -> BucketUnio:
    return BucketUnio(tmp_path / "home", Bucket())


def error(code: str, more: str = "") -> str:
    return f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>As it is said.</Message>{more}</Error>"


MOVED = error("PermanentRedirect", "<Endpoint>lab-data.s3-eu-west-1.amazonaws.com</Endpoint>")
NEAR = error("TemporaryRedirect", "<Endpoint>lab-data.s3-eu-west-1.amazonaws.com</Endpoint>")
MALFORMED = error("AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>")
IN_IRELAND = {"x-amz-bucket-region": "eu-west-1"}
REGION = "--region eu-west-1, or unio config set s3.region eu-west-1"


@pytest.mark.parametrize("command", ["ls", "push"])
@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (Answer(301, MOVED, IN_IRELAND), REGION),
        (Answer(301, "", IN_IRELAND), REGION),
        (Answer(301, MOVED), "lab-data.s3-eu-west-1.amazonaws.com"),
        (Answer(301, ""), "--endpoint-url"),
        (Answer(307, NEAR, {"location": "http://127.0.0.1:1/"}), "lab-data.s3-eu-west-1.amazonaws.com"),
        (Answer(400, MALFORMED), REGION),
        (Answer(400, "", IN_IRELAND), REGION),
        (Answer(400, error("IllegalLocationConstraintException")), "--region"),
        (Answer(301, MOVED, {"x-amz-bucket-region": "eu\t1"}), "'eu 1'"),
    ],
)
def test_the_right_place_is_named(unio: BucketUnio, tmp_path: Path, command: str, answer: Answer, hint: str) -> None:
    work = start_package(unio, tmp_path / "work")
    begin = time.monotonic()
    with AnswerServer(lambda _: answer) as service:
        message = fails(unio, 2, command, cwd=work, hint=hint, AWS_ENDPOINT_URL_S3=service.url)
    assert time.monotonic() - begin < SOON
    assert unio.bucket.name in message
    assert len(service.asked) <= 2, "what cannot pass was asked again"


@pytest.mark.parametrize(("status", "exit_code"), [(400, 2), (403, 7), (404, 3)])
@pytest.mark.parametrize("command", ["ls", "push"])
def test_an_answer_that_is_none_of_s3_is_told(
    unio: BucketUnio, tmp_path: Path, command: str, status: int, exit_code: int
) -> None:
    work = start_package(unio, tmp_path / "work")
    page = Answer(status, "<html><title>400 The plain HTTP request was sent to HTTPS port</title><hr></html>")
    with AnswerServer(lambda _: page) as service:
        fails(unio, exit_code, command, cwd=work, hint="--endpoint-url", AWS_ENDPOINT_URL_S3=service.url)


def test_a_server_of_another_region_says_which(tmp_path: Path) -> None:
    with S3Server(tmp_path / "server", region="eu-west-1") as server:
        unio = BucketUnio(tmp_path / "home", Bucket(server=server))
        fails(unio, 2, "ls", hint="--region eu-west-1")
        unio.run("ls", "--region", "eu-west-1")
        unio.run("config", "set", "s3.region", "eu-west-1")
        del unio.env["AWS_REGION"]
        unio.run("ls")


@pytest.mark.parametrize("seconds", [HOUR, -HOUR], ids=["ahead", "behind"])
@pytest.mark.parametrize("command", ["ls", "push", "install"])
def test_a_clock_that_is_an_hour_wrong_is_told(unio: BucketUnio, tmp_path: Path, command: str, seconds: int) -> None:
    work = start_package(unio, tmp_path / "work")
    unio.run("push", cwd=work)
    target = ["team/data", "--location", str(tmp_path / "target")] if command == "install" else []
    begin = time.monotonic()
    fails(unio, 6, command, *target, cwd=work, hint="clock", **skewed_clock(tmp_path / "clock", seconds))
    assert time.monotonic() - begin < SOON
