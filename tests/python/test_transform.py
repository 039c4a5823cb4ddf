"""Packages are made of packages on any executor; failures, repetitions and kills leave nothing wrong."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pytest
import unio
from python_scenes import publish
from transform_functions import DiesOnce, FailsAtFirst, Noted, Waiting, parts, stubborn, upper
from unio import Output, Package, PackageEntry, transform

from model import check_registry, check_settled, files_in, place_of

FILES = {f"{n % 3}/{n:02}.txt": f"content {n}".encode() for n in range(30)}
CAPITALS = {key: content.upper() for key, content in FILES.items()}
PATIENCE = 60


def contents(pkg: Package) -> dict[str, bytes]:
    return {entry.logical_key: entry.get_bytes() for entry in pkg}


def journals(home: Path) -> list[Path]:
    return list((home / ".local/state/unio/transforms").glob("*"))


def nothing_is_published(registry: str, name: str = "team/made") -> bool:
    check_settled(place_of(registry), name)
    return name not in [info.name for info in unio.packages(registry)]


@contextlib.contextmanager
def dask_cluster() -> Iterator[Any]:
    import distributed

    options = {"processes": True, "n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0"}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
        yield client


@contextlib.contextmanager
def no_executor() -> Iterator[None]:
    yield None


EXECUTORS: dict[str, Callable[[], contextlib.AbstractContextManager[Any]]] = {
    "none": no_executor,
    "threads": lambda: ThreadPoolExecutor(4),
    "fork": lambda: ProcessPoolExecutor(2, multiprocessing.get_context("fork")),
    "spawn": lambda: ProcessPoolExecutor(2, multiprocessing.get_context("spawn")),
    "map": lambda: multiprocessing.get_context("spawn").Pool(2),
    "dask": dask_cluster,
}
SEPARATE = {"fork", "spawn", "map", "dask"}


@pytest.fixture
def source(registry: str) -> Package:
    return publish("team/data", FILES, tag="v1")


@pytest.fixture
def noted(home: Path) -> Noted:
    return Noted(home.parent / "calls")


# Where it runs.


@pytest.mark.parametrize("kind", EXECUTORS)
def test_every_executor_makes_the_same_package(kind: str, registry: str, noted: Noted, home: Path) -> None:
    builder = publish("team/data", FILES).as_package_builder().set_meta("0/00.txt", {"label": "é"})
    source = builder.push()
    with EXECUTORS[kind]() as executor:
        made = transform(source, noted, "team/made", executor=executor, batch=4, tag="v1", message="m", meta={"a": 1})
    assert contents(made) == CAPITALS
    assert Package("team/made:v1") == made and made.tag == "v1"
    assert (made.message, made.metadata, made["0/00.txt"].metadata) == ("m", {"a": 1}, {"label": "é"})
    expected = publish("team/expected", CAPITALS).as_package_builder().set_meta("0/00.txt", {"label": "é"})
    assert made.hash == expected.build_manifest(message="m", meta={"a": 1}).hash
    assert sorted(noted.calls()) == sorted(FILES)
    assert (str(os.getpid()) not in noted.processes()) == (kind in SEPARATE)
    place = place_of(registry)
    check_registry(place, "team/made")
    check_settled(place, "team/made")
    assert not journals(home)


def test_the_revision_names_the_source_as_its_parent(source: Package, registry: str) -> None:
    made = transform(source, upper, "team/made")
    (revision,) = files_in(place_of(registry) / ".unio/revisions" / made.hash)
    assert json.loads(revision.read_text())["parents"] == [source.hash]


@pytest.mark.parametrize("kind", ["threads", "spawn"])
def test_source_and_target_may_be_in_different_registries(
    kind: str, folder_registry: str, bucket_registry: str, noted: Noted
) -> None:
    for here, there in ((folder_registry, bucket_registry), (bucket_registry, folder_registry)):
        with pytest.MonkeyPatch.context() as patch, EXECUTORS[kind]() as executor:
            patch.setenv("UNIO_REGISTRY", here)
            source = publish("team/data", FILES)
            made = transform(source, upper, "team/made", registry=there, executor=executor)
        assert made.registry == there
        assert all(entry.physical_key.startswith(there) for entry in made)
        assert contents(made) == CAPITALS


def test_a_dask_worker_that_dies_is_replaced(source: Package, home: Path) -> None:
    fn = DiesOnce(home.parent / "calls")
    with dask_cluster() as client:
        assert contents(transform(source, fn, "team/made", executor=client, batch=5)) == CAPITALS
    assert len(fn.calls()) > len(FILES)


def test_after_a_pool_broke_the_same_call_goes_on(source: Package, registry: str, home: Path) -> None:
    fn = DiesOnce(home.parent / "calls")
    with EXECUTORS["spawn"]() as executor, pytest.raises(BrokenProcessPool):
        transform(source, fn, "team/made", executor=executor)
    assert nothing_is_published(registry)
    with EXECUTORS["spawn"]() as executor:
        assert contents(transform(source, fn, "team/made", executor=executor)) == CAPITALS


class Twice(ThreadPoolExecutor):
    """Does everything twice, and counts what waits."""

    most = 0
    now = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.now += 1
        self.most = max(self.most, self.now)
        super().submit(fn, *args, **kwargs)
        future = super().submit(fn, *args, **kwargs)
        future.add_done_callback(lambda _: setattr(self, "now", self.now - 1))
        return future


def test_tasks_that_are_done_twice_change_nothing(source: Package, registry: str) -> None:
    with Twice(4) as executor:
        made = transform(source, upper, "team/made", executor=executor, batch=3)
    assert contents(made) == CAPITALS
    assert made.hash == publish("team/expected", CAPITALS).hash
    check_registry(place_of(registry), "team/made")


def test_only_so_many_tasks_wait_as_were_asked_for(source: Package) -> None:
    with Twice(2) as executor:
        transform(source, upper, "team/made", executor=executor, batch=1, ahead=3)
    assert executor.most == 3


# What the function may return.


def made_with(source: Package, function: Callable[[PackageEntry], Any], **options: Any) -> dict[str, tuple[bytes, Any]]:
    made = transform(source, function, "team/made", **options)
    return {entry.logical_key: (entry.get_bytes(), entry.metadata) for entry in made}


@pytest.fixture
def one(registry: str) -> Package:
    """A package with one entry, which has metadata."""
    return publish("team/one", {"a.txt": b"ab"}).as_package_builder().set_meta("a.txt", {"label": 1}).push()


@pytest.mark.parametrize(
    ("returned", "expected"),
    [
        (b"bytes", {"a.txt": (b"bytes", {"label": 1})}),
        (bytearray(b"array"), {"a.txt": (b"array", {"label": 1})}),
        (memoryview(b"view"), {"a.txt": (b"view", {"label": 1})}),
        ("textß", {"a.txt": ("textß".encode(), {"label": 1})}),
        ("", {"a.txt": (b"", {"label": 1})}),
        (Output("b", "x"), {"b": (b"x", {"label": 1})}),
        (Output("b", "x", {"label": 2}), {"b": (b"x", {"label": 2})}),
        (Output("b", "x", {}), {"b": (b"x", {})}),
        ({"b": b"x", "c": "y"}, {"b": (b"x", {}), "c": (b"y", {})}),
        ([("b", b"x"), Output("c", "y", [1])], {"b": (b"x", {}), "c": (b"y", [1])}),
        ([("b", b"x", {"n": None})], {"b": (b"x", {"n": None})}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_returned_becomes_entries(one: Package, returned: Any, expected: dict[str, tuple[bytes, Any]]) -> None:
    assert made_with(one, lambda entry: returned) == expected


def test_entries_for_which_nothing_is_returned_are_dropped(source: Package) -> None:
    def some(entry: PackageEntry) -> bytes | None:
        return None if entry.logical_key.startswith("0/") else upper(entry)

    expected = {key: (content, {}) for key, content in CAPITALS.items() if not key.startswith("0/")}
    assert made_with(source, some) == expected


def test_files_of_a_generator_may_go_when_it_goes_on(one: Package) -> None:
    expected = {"a.txt/a": (b"a", {"of": "a.txt"}), "a.txt/b": (b"b", {"of": "a.txt"})}
    assert made_with(one, parts) == expected


@pytest.mark.parametrize("size", [0, 8 << 20, (20 << 20) + 3])
def test_contents_of_any_size_are_stored(size: int, one: Package, work: Path) -> None:
    content = os.urandom(1 << 20) * (size >> 20) + b"x" * (size % (1 << 20))
    (work / "large").write_bytes(content)
    made = transform(one, lambda entry: {"bytes": content, "file": Path("large")}, "team/made")
    assert contents(made) == {"bytes": content, "file": content}
    assert made["bytes"].physical_key == made["file"].physical_key


@pytest.mark.parametrize("returned", [7, [b"x"], [("a",)], [("a", 7)], {"a": None}, [Output(7, b"x")]])  # type: ignore
def test_anything_else_is_a_type_error_that_names_the_entry(one: Package, returned: Any, registry: str) -> None:
    with pytest.raises(TypeError) as caught:
        transform(one, lambda entry: returned, "team/made")
    assert "'a.txt'" in caught.value.__notes__[0]
    assert nothing_is_published(registry)


@pytest.mark.parametrize("where", ["1/", lambda entry: entry.logical_key.startswith("1/")], ids=["prefix", "function"])
def test_only_chosen_entries_are_used(source: Package, noted: Noted, where: Any) -> None:
    made = transform(source, noted, "team/made", where=where)
    chosen = {key: content for key, content in CAPITALS.items() if key.startswith("1/")}
    assert contents(made) == chosen
    assert sorted(noted.calls()) == sorted(chosen)


def test_a_choice_of_nothing_is_an_error(source: Package, registry: str) -> None:
    with pytest.raises(unio.NotFoundError, match="team/data"):
        transform(source, upper, "team/made", where="none/")
    assert nothing_is_published(registry)


def test_a_tag_in_the_name_is_set(source: Package) -> None:
    assert transform(source, upper, "team/made:v7") == Package("team/made:v7")


def test_a_tag_that_is_elsewhere_moves_only_by_force(source: Package) -> None:
    publish("team/made", {"other": b""}, tag="v1")
    with pytest.raises(unio.ConflictError):
        transform(source, upper, "team/made", tag="v1")
    assert transform(source, upper, "team/made", tag="v1", force=True) == Package("team/made:v1")


@pytest.mark.parametrize(
    "call",
    [
        lambda pkg: transform("team/data", upper, "team/made"),
        lambda pkg: transform(pkg, "upper", "team/made"),
        lambda pkg: transform(pkg, upper, 7),
        lambda pkg: transform(pkg, upper, "team/made", executor=object()),
    ],
)
def test_arguments_of_wrong_types_are_type_errors(source: Package, call: Callable[[Package], object]) -> None:
    with pytest.raises(TypeError):
        call(source)


@pytest.mark.parametrize(
    "options", [{"batch": 0}, {"retries": -1}, {"to": "team/made@abcdef12"}, {"to": "no name"}, {"tag": "latest"}]
)
def test_arguments_of_wrong_values_are_value_errors(source: Package, options: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        transform(source, upper, **({"to": "team/made"} | options))


# Failures.


@pytest.mark.parametrize("kind", EXECUTORS)
def test_a_failure_names_the_entry_and_publishes_nothing(kind: str, source: Package, registry: str, home: Path) -> None:
    fn = FailsAtFirst(home.parent / "calls", 99)
    with EXECUTORS[kind]() as executor:
        with pytest.raises(ValueError, match="not yet") as caught:
            transform(source, fn, "team/made", executor=executor, where="1/01", retries=1)
        assert "from entry '1/01.txt' of package 'team/data'" in caught.value.__notes__
    assert fn.calls() == ["1/01.txt"] * 2
    assert nothing_is_published(registry)


@pytest.mark.parametrize("kind", EXECUTORS)
def test_what_fails_is_tried_again(kind: str, source: Package, home: Path) -> None:
    fn = FailsAtFirst(home.parent / "calls", 2)
    with EXECUTORS[kind]() as executor:
        assert contents(transform(source, fn, "team/made", executor=executor, batch=1)) == CAPITALS


def test_an_exception_that_cannot_travel_is_told_in_words(source: Package) -> None:
    with EXECUTORS["spawn"]() as executor, pytest.raises(RuntimeError, match="Stubborn: this and that") as caught:
        transform(source, stubborn, "team/made", executor=executor, where="0/00", retries=0)
    assert "'0/00.txt'" in caught.value.__notes__[0]


def test_tasks_that_wait_are_not_begun_after_a_failure(source: Package) -> None:
    failed = threading.Event()
    calls: list[str] = []

    def fn(entry: PackageEntry) -> bytes:
        calls.append(entry.logical_key)
        if len(calls) == 1:
            raise ValueError("no")
        assert failed.wait(PATIENCE)
        return b""

    with ThreadPoolExecutor(1) as executor:
        with pytest.raises(ValueError, match="no"):
            transform(source, fn, "team/made", executor=executor, batch=1, retries=0)
        failed.set()
    assert len(calls) <= 2


@pytest.mark.parametrize("batch", [1, 30])
def test_two_entries_for_one_key_are_refused_by_the_names_of_both(batch: int, source: Package, registry: str) -> None:
    def same(entry: PackageEntry) -> Any:
        return Output("1/04.txt", b"x") if entry.logical_key == "2/20.txt" else upper(entry)

    with pytest.raises(unio.AlreadyExistsError, match=r"'1/04.txt' and '2/20.txt' both give the entry '1/04.txt'"):
        transform(source, same, "team/made", batch=batch)
    assert nothing_is_published(registry)


def test_one_entry_that_gives_a_key_twice_is_refused(one: Package) -> None:
    with pytest.raises(unio.AlreadyExistsError, match=r"'a.txt' gives twice the entry 'x'"):
        transform(one, lambda entry: [("x", "1"), ("x", "2")], "team/made")


@pytest.mark.parametrize("key", ["", "../x", "a//b", "/a"])
def test_a_key_that_cannot_be_is_refused_by_the_name_of_its_entry(one: Package, key: str, registry: str) -> None:
    with pytest.raises(ValueError) as caught:
        transform(one, lambda entry: Output(key, b"x"), "team/made")
    assert "'a.txt'" in caught.value.__notes__[0]
    assert nothing_is_published(registry)


def test_a_file_where_a_folder_is_needed_is_refused(one: Package, registry: str) -> None:
    with pytest.raises(ValueError, match=r'"x" cannot be a file and the folder of "x/y"'):
        transform(one, lambda entry: {"x": "1", "x/y": "2"}, "team/made")
    assert nothing_is_published(registry)


# Interruptions.

DRIVER = """
import sys
from concurrent.futures import *
import multiprocessing
from pathlib import Path
import unio
from transform_functions import Waiting

def main():
    executor = None
    if sys.argv[3] != "none":
        executor = ProcessPoolExecutor(1, multiprocessing.get_context(sys.argv[3]))
    fn = Waiting(Path(sys.argv[1]), sys.argv[2])
    unio.transform(unio.Package("team/data:v1"), fn, "team/made", executor=executor, batch=2, ahead=1)

if __name__ == "__main__":
    main()
"""


def wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.01)


@contextlib.contextmanager
def waiting_driver(fn: Waiting, kind: str) -> Iterator[subprocess.Popen[bytes]]:
    """A driver that has come to the entry at which its function waits; killed in the end, with its workers."""
    script = fn.file.with_name("driver.py")
    script.write_text(DRIVER)
    path = os.pathsep.join(path for path in sys.path if path)
    command = [sys.executable, str(script), str(fn.file), fn.key, kind]
    driver = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": path}, start_new_session=True)
    try:
        wait_until(lambda: fn.key in fn.calls() or driver.poll() is not None)
        assert driver.poll() is None, "it ended too early"
        yield driver
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(driver.pid, signal.SIGKILL)
        driver.wait()


@pytest.fixture
def waiting(home: Path) -> Waiting:
    return Waiting(home.parent / "calls", sorted(FILES)[17])


@pytest.mark.parametrize("kind", ["none", "fork", "spawn"])
def test_a_killed_run_goes_on_where_it_was(
    kind: str, source: Package, waiting: Waiting, registry: str, home: Path
) -> None:
    with waiting_driver(waiting, kind) as driver:
        sessions = files_in(place_of(registry) / ".unio/sessions")
        assert len(sessions) == 1, "nothing keeps what the workers store"
        driver.kill()
        driver.wait()
        # A worker that lives on must not be in the way.
        waiting.file.with_name("go").touch()
        made = transform(source, waiting, "team/made", batch=2)
    assert contents(made) == CAPITALS
    calls = waiting.calls()
    assert set(calls) == set(FILES)
    assert len(calls) <= len(FILES) + 2, "more than the task that was begun was done again"
    assert not journals(home)
    check_registry(place_of(registry), "team/made")
    check_settled(place_of(registry), "team/made")


def test_two_processes_are_not_at_the_same_work(source: Package, waiting: Waiting) -> None:
    with waiting_driver(waiting, "none"), pytest.raises(unio.PreconditionError, match="another process"):
        transform(source, waiting, "team/made")


class Interrupted(Exception):
    pass


def interrupted_after(source: Package, noted: Noted, calls: int, **options: Any) -> None:
    """Stops a run from outside its function, as a signal would."""

    class Stops(ThreadPoolExecutor):
        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            if len(noted.calls()) >= calls:
                raise Interrupted
            return super().submit(fn, *args, **kwargs)

    with Stops(1) as executor, pytest.raises(Interrupted):
        transform(source, noted, "team/made", executor=executor, **({"batch": 1, "ahead": 1} | options))


def calls_when_done_again(source: Package, noted: Noted, **options: Any) -> list[str]:
    """Which entries the next run calls the function with; it must be right in the end."""
    before = len(noted.calls())
    made = transform(source, noted, **({"to": "team/made"} | options))
    expected = {key: value for key, value in CAPITALS.items() if key.startswith(options.get("where", ""))}
    assert contents(made) == expected
    return noted.calls()[before:]


def test_a_torn_line_of_the_notes_is_dropped(source: Package, noted: Noted, home: Path) -> None:
    interrupted_after(source, noted, 10)
    (journal,) = journals(home)
    journal.write_bytes(journal.read_bytes()[:-5])
    assert calls_when_done_again(source, noted) == sorted(FILES)[9:]


def test_notes_that_were_torn_at_once_are_begun_again(source: Package, noted: Noted, home: Path) -> None:
    interrupted_after(source, noted, 10)
    (journal,) = journals(home)
    journal.write_bytes(journal.read_bytes()[:20])
    assert calls_when_done_again(source, noted) == sorted(FILES)


def test_objects_that_are_gone_are_made_again(source: Package, noted: Noted, registry: str) -> None:
    before = {path for path in (place_of(registry) / ".unio/objects").rglob("*") if path.is_file()}
    interrupted_after(source, noted, 10)
    (lost,) = (
        path
        for path in (place_of(registry) / ".unio/objects").rglob("*")
        if path.is_file() and path not in before and path.read_bytes() == CAPITALS[sorted(FILES)[3]]
    )
    lost.unlink()
    assert calls_when_done_again(source, noted) == [sorted(FILES)[3], *sorted(FILES)[10:]]


def test_another_choice_of_entries_uses_what_it_can(source: Package, noted: Noted) -> None:
    interrupted_after(source, noted, 15)
    assert calls_when_done_again(source, noted, where="1/") == [key for key in sorted(FILES)[15:] if key[0] == "1"]


def test_a_choice_that_leaves_out_what_was_done_does_not_publish_it(source: Package, noted: Noted) -> None:
    interrupted_after(source, noted, 15)
    assert len(calls_when_done_again(source, noted, where="2/")) == 10


def test_another_target_begins_anew(source: Package, noted: Noted) -> None:
    interrupted_after(source, noted, 10)
    assert len(calls_when_done_again(source, noted, to="team/other")) == len(FILES)


def test_another_source_begins_anew(source: Package, noted: Noted) -> None:
    interrupted_after(source, noted, 10)
    other = publish("team/data", FILES, message="another revision")
    assert other.hash != source.hash
    assert len(calls_when_done_again(other, noted)) == len(FILES)


def test_a_function_that_holds_other_values_begins_anew(source: Package, noted: Noted, home: Path) -> None:
    interrupted_after(source, noted, 10)
    other = Noted(home.parent / "other")
    assert len(calls_when_done_again(source, other)) == len(FILES)
    assert len(journals(home)) == 1


def test_functions_are_told_apart_by_their_source_and_by_what_is_around_them(home: Path) -> None:
    from unio._journal import work_identity

    def around(value: object) -> Callable[[PackageEntry], bytes]:
        def fn(entry: PackageEntry) -> bytes:
            return str(value).encode()

        return fn

    def same(one: Any, other: Any) -> bool:
        return work_identity([], one, None) == work_identity([], other, None)

    assert same(around(1), around(1)) and not same(around(1), around(2))
    assert not same(around(threading.Lock()), around(threading.Lock()))
    written = []
    for text in ("1", "2", "1"):
        names: dict[str, Any] = {"__name__": "m"}
        exec(f"def fn(entry): return {text!r}", names)
        written.append(names["fn"])
    assert same(written[0], written[2]) and not same(written[0], written[1])
    assert same(upper, upper) and not same(upper, stubborn)


def test_a_key_stands_for_the_function(source: Package, noted: Noted) -> None:
    interrupted_after(source, noted, 10, key="v1")
    calls: list[str] = []

    def fn(entry: PackageEntry) -> bytes:
        calls.append(entry.logical_key)
        return upper(entry)

    assert contents(transform(source, fn, "team/made", key="v1")) == CAPITALS
    assert calls == sorted(FILES)[10:]


def test_nothing_is_noted_where_that_is_not_wanted(source: Package, noted: Noted, home: Path) -> None:
    interrupted_after(source, noted, 10, resume=False)
    assert not journals(home)
    assert len(calls_when_done_again(source, noted, resume=False)) == len(FILES)


def test_the_notes_may_be_kept_in_a_file_of_ones_own(source: Package, noted: Noted, home: Path, work: Path) -> None:
    interrupted_after(source, noted, 10, resume=work / "notes")
    assert not journals(home)
    with pytest.raises(unio.PreconditionError, match="something else"):
        transform(source, upper, "team/made", resume=work / "notes")
    assert calls_when_done_again(source, noted, resume=work / "notes") == sorted(FILES)[10:]
    assert not (work / "notes").exists()


def test_old_notes_go(source: Package, noted: Noted, home: Path) -> None:
    interrupted_after(source, noted, 10)
    (journal,) = journals(home)
    long_ago = time.time() - 31 * 24 * 3600
    os.utime(journal, (long_ago, long_ago))
    transform(source, upper, "team/made")
    assert not journals(home)
