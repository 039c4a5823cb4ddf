"""The exceptions of Python: one table, the same as the command's."""

from __future__ import annotations

import builtins
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import unio
from python_scenes import NAME, publish
from s3_proxy import Fault, S3Proxy
from unio import Package, PackageBuilder, _errors, _native

from model import place_of

CODES = sorted(set(_native.error_codes) - {"internal", "cancelled"})


@pytest.mark.parametrize("code", CODES)
def test_every_code_of_the_engine_is_the_class_that_its_table_names(code: str) -> None:
    error = _errors.make(code, "what happened", "what to do", 5)
    assert isinstance(error, unio.UnioError)
    assert error.code == code
    named = _native.error_codes[code]
    assert isinstance(error, getattr(builtins, named, None) or getattr(unio, named))
    assert (error.message, error.hint, str(error)) == (
        "what happened",
        "what to do",
        "what happened (hint: what to do)",
    )
    assert str(type(error)("alone")) == "alone"
    assert type(error).__name__ in unio.__all__


def test_what_is_no_failure_of_a_task_is_no_unio_error() -> None:
    assert type(_errors.make("internal", "a bug", "", 5)) is RuntimeError
    assert type(_errors.make("cancelled", "stopped", "", 4)) is KeyboardInterrupt


@pytest.mark.parametrize("code", CODES)
def test_exceptions_pickle_with_all_they_say(code: str) -> None:
    error = _errors.make(code, "what happened in 'süß'", "what to do", 13)
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), copy.__dict__) == (type(error), str(error), error.__dict__)
    assert getattr(copy, "errno", None) == getattr(error, "errno", None)


def raised(kind: type[BaseException], call: Callable[[], object]) -> unio.UnioError:
    with pytest.raises(unio.UnioError) as caught:
        call()
    assert isinstance(caught.value, kind)
    assert isinstance(caught.value, getattr(unio, type(caught.value).__name__))
    assert "\n" not in caught.value.message
    return caught.value


def test_a_missing_package_revision_tag_or_entry_is_named_with_what_is_near(registry: str) -> None:
    publish(tag="v1")
    assert "team/daba" in str(raised(FileNotFoundError, lambda: Package("team/daba")))
    assert "'v2'" in str(raised(FileNotFoundError, lambda: Package(f"{NAME}:v2")))
    assert "v1" in raised(FileNotFoundError, lambda: Package(f"{NAME}:v2")).hint
    raised(FileNotFoundError, lambda: Package(f"{NAME}@abababab"))
    raised(FileNotFoundError, lambda: list(Package(f"{NAME}@{'ab' * 32}")))
    error = raised(FileNotFoundError, lambda: Package(NAME).get_bytes("dir/d.txt"))
    assert "dir/d.txt" in error.message and NAME in error.message
    assert raised(FileNotFoundError, lambda: Package(NAME)["DIR/b.txt"]).hint


@pytest.mark.parametrize("read", [lambda p: p.get_bytes("a.txt"), lambda p: p.get_many(["dir/b.txt", "a.txt"])])
def test_a_missing_object_names_package_key_and_url(read: Callable[[Package], object], registry: str) -> None:
    pkg = publish()
    url = pkg["a.txt"].physical_key
    place_of(url).unlink()
    error = raised(FileNotFoundError, lambda: read(pkg))
    for part in (NAME, "a.txt", registry, url.removeprefix(registry)[1:]):
        assert part in str(error), f"{part} is not in {error}"


@pytest.mark.parametrize("read", [lambda p: p.get_bytes("a.txt"), lambda p: p.get_many(["a.txt"])])
def test_a_damaged_object_is_a_corruption_error_that_says_where(
    read: Callable[[Package], object], registry: str
) -> None:
    pkg = publish()
    url = pkg["a.txt"].physical_key
    place_of(url).chmod(0o644)
    place_of(url).write_bytes(b"0ne")
    error = raised(unio.CorruptionError, lambda: read(pkg))
    assert not isinstance(error, OSError)
    for part in ("a.txt", registry, url.removeprefix(registry)[1:]):
        assert part in str(error), f"{part} is not in {error}"


def test_a_damaged_manifest_is_a_corruption_error(registry: str) -> None:
    pkg = publish()
    manifest = place_of(pkg.manifest)
    manifest.chmod(0o644)
    manifest.write_bytes(manifest.read_bytes().replace(b"a.txt", b"b.txt"))
    raised(unio.CorruptionError, lambda: list(Package(NAME)))


def test_a_missing_bucket_is_not_found(bucket_registry: str) -> None:
    error = raised(FileNotFoundError, lambda: Package(NAME, registry="s3://unio-test-no-such-bucket"))
    assert "unio-test-no-such-bucket" in error.message


def test_a_wrong_secret_is_a_permission_error_and_is_not_shown(
    bucket_registry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-the-secret-but-secret")
    error = raised(PermissionError, lambda: Package(NAME))
    assert isinstance(error, unio.UnauthenticatedError | unio.PermissionDeniedError)
    for text in (str(error), repr(error), repr(error.__dict__)):
        assert "not-the-secret-but-secret" not in text


def test_denied_access_is_a_permission_error(proxy: S3Proxy) -> None:
    publish()
    proxy.fault(Fault.STATUS_403)
    assert raised(PermissionError, lambda: Package(NAME)).code == "permission_denied"


def test_a_server_that_is_not_there_is_a_connection_error(
    bucket_registry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    raised(ConnectionError, lambda: Package(NAME))


def test_an_unknown_kind_of_registry_is_a_value_error(home: Path) -> None:
    for url in ("ftp://host/x", "s3://"):
        raised(ValueError, lambda url=url: Package(NAME, registry=url))  # type: ignore[misc]


def test_what_stands_there_already_is_a_file_exists_error(folder_registry: str) -> None:
    builder = publish().as_package_builder()
    raised(FileExistsError, lambda: builder.move("a.txt", "README.md"))


def test_what_must_be_done_first_is_named(folder_registry: str, work: Path) -> None:
    (work / "a").write_bytes(b"a")
    error = raised(unio.PreconditionError, lambda: PackageBuilder(NAME).add("a").push_manifest())
    assert "push" in error.hint


@pytest.mark.skipif(os.geteuid() != 0, reason="lowers its own rights to those of nobody")
def test_a_read_only_folder_is_a_permission_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    program = f"""
import os, sys, unio
os.chdir("/")
os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)
try:
    unio.PackageBuilder("a/b", registry={str(tmp_path / "registry")!r}).push()
except PermissionError as error:
    print(type(error).__name__, error.errno)
"""
    env = os.environ | {"HOME": "/nonexistent", "TMPDIR": "/tmp"}
    done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["PermissionDeniedError", "13"], done.stderr


def test_no_secret_is_in_any_text_of_an_object(bucket_registry: str) -> None:
    pkg = publish()
    builder = pkg.as_package_builder()
    shown = [repr(pkg), repr(builder), repr(pkg["a.txt"]), pkg._repr_html_(), pkg.manifest, repr(unio.packages())]
    pickled = pickle.dumps([pkg, builder, pkg["a.txt"]])
    secret = os.environ["AWS_SECRET_ACCESS_KEY"]
    assert all(secret not in text for text in shown)
    assert secret.encode() not in pickled
