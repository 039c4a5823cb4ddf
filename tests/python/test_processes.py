"""Python's processes, threads and signals: objects go along, nothing hangs, and everybody gets the right bytes."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import unio
from python_scenes import FILES, NAME, publish, run_python
from s3_proxy import Fault, S3Proxy
from unio import Package, PackageBuilder
from unio_command import write_tree

from model import place_of

#: How long a child may take before it is held to hang.
PATIENCE = 30


def in_child(work: Callable[[], object]) -> None:
    """Runs something in a forked child and expects that it ends well, in time."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        except BaseException as error:
            sys.stderr.write(f"in the child: {error!r}\n")
        finally:
            os._exit(code)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            assert os.waitstatus_to_exitcode(status) == 0
            return
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    pytest.fail("the child hangs")


def expect_content(pkg: Package) -> None:
    assert {entry.logical_key: entry.get_bytes() for entry in pkg} == FILES
    assert pkg.get_many(FILES) == list(FILES.values())


# Pickles.


def test_a_package_goes_through_a_pickle_and_stays_its_revision(registry: str) -> None:
    pkg = publish(tag="v1")
    pickled = pickle.dumps(Package(f"{NAME}:v1"))
    publish(files={"other": b""}, tag="v1", force=True)
    copy = pickle.loads(pickled)
    assert (copy, copy.tag, copy.hash) == (pkg, "v1", pkg.hash)
    expect_content(copy)
    assert len(pickled) < 1000


def test_an_entry_goes_through_a_pickle(registry: str) -> None:
    entry = pickle.loads(pickle.dumps(publish()["dir/b.txt"]))
    assert (entry.get_bytes(), entry.package.name) == (b"two", NAME)


def test_builders_go_through_a_pickle_in_every_state(registry: str, work: Path) -> None:
    write_tree(work, FILES)
    steps: list[Callable[[PackageBuilder], object]] = [
        lambda builder: builder.add("dir").set_meta("", {"m": 1}),
        lambda builder: builder.add("a.txt").add("README.md"),
        lambda builder: builder.build_manifest(),
        lambda builder: builder.push_data(),
        lambda builder: builder.push_manifest(),
    ]
    builder = PackageBuilder(f"{NAME}:v1")
    for step in steps:
        step(builder)
        copy = pickle.loads(pickle.dumps(builder))
        assert repr(copy) == repr(builder)
        builder = copy
    expect_content(Package(f"{NAME}:v1"))
    assert Package(NAME).metadata == {"m": 1}


def test_a_package_that_is_not_published_goes_through_a_pickle(folder_registry: str, work: Path) -> None:
    write_tree(work, FILES)
    local = PackageBuilder(NAME).add(".").build_manifest().as_package(allow_local_files=True, allow_local_manifest=True)
    copy = pickle.loads(pickle.dumps(local))
    assert copy == local
    expect_content(copy)


def test_the_result_of_a_verification_goes_through_a_pickle(folder_registry: str, work: Path) -> None:
    pkg = publish()
    pkg.download("d")
    (work / "d/a.txt").unlink()
    result = pkg.verify_directory_matches_manifest("d")
    assert pickle.loads(pickle.dumps(result)) == result
    assert [difference.logical_key for difference in pickle.loads(pickle.dumps(result)).differences] == ["a.txt"]


# Fork and spawn.


def test_a_child_works_where_nothing_was_open(registry: str) -> None:
    publish()
    program = f"""
import os, unio
child = os.fork()
assert unio.Package({NAME!r}).get_bytes("a.txt") == b"one"
if child == 0:
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
"""
    run_python(program)


def test_a_child_works_after_its_parent_has_used_the_registry(registry: str) -> None:
    pkg = publish()
    expect_content(pkg)
    in_child(lambda: expect_content(pkg))
    in_child(lambda: expect_content(Package(NAME)))
    in_child(lambda: publish("other/data", {"by": b"child"}))
    expect_content(pkg)
    assert Package("other/data").get_bytes("by") == b"child"


def test_a_child_of_a_child_works(registry: str) -> None:
    pkg = publish()
    in_child(lambda: (expect_content(pkg), in_child(lambda: expect_content(pkg)), expect_content(pkg)))
    expect_content(pkg)


def test_a_child_that_ends_as_programs_do_does_not_hang(registry: str) -> None:
    publish()
    program = f"""
import os, sys, unio
pkg = unio.Package({NAME!r})
assert pkg.get_bytes("a.txt") == b"one"
child = os.fork()
assert pkg.get_bytes("dir/b.txt") == b"two"
if child == 0:
    sys.exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
"""
    run_python(program)


def test_a_child_that_never_used_it_ends_as_programs_do(bucket_registry: str) -> None:
    publish()
    program = f"""
import os, sys, unio
pkg = unio.Package({NAME!r})
child = os.fork()
if child == 0:
    sys.exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
"""
    run_python(program)


def test_parent_and_child_go_on_when_one_forks_while_another_thread_transfers(registry: str) -> None:
    files = {f"{i}.bin": os.urandom(300_000) for i in range(60)}
    pkg = publish(files=files)
    wrong: list[object] = []
    stop = threading.Event()

    def read_on() -> None:
        try:
            while not stop.is_set():
                pkg.clear_cache()
                wrong.extend(key for key, got in zip(files, pkg.get_many(files), strict=True) if got != files[key])
        except BaseException as error:  # handed to the test's own thread below
            wrong.append(error)

    thread = threading.Thread(target=read_on)
    thread.start()
    try:
        for number in range(4):

            def work(number: int = number) -> None:
                assert pkg.get_bytes("0.bin") == files["0.bin"]
                assert pkg.get_many(files) == list(files.values())
                publish(f"child/n{number}", {"by": b"child"})

            in_child(work)
    finally:
        stop.set()
        thread.join()
    assert wrong == []
    assert pkg.get_many(files) == list(files.values())
    assert [info.name for info in unio.packages()] == ["child/n0", "child/n1", "child/n2", "child/n3", NAME]


def test_a_child_goes_on_with_a_builder_of_its_own(folder_registry: str, work: Path) -> None:
    write_tree(work, FILES)
    builder = PackageBuilder(NAME).add("dir")
    in_child(lambda: builder.add("a.txt").push(tag="child"))
    builder.add("README.md").push(tag="parent")
    assert sorted(Package(f"{NAME}:child").keys()) == ["a.txt", "dir/b.txt", "dir/c.txt"]
    assert sorted(Package(f"{NAME}:parent").keys()) == ["README.md", "dir/b.txt", "dir/c.txt"]


@pytest.mark.parametrize("end", [lambda held: os._exit(0), list.clear], ids=["exit", "delete"])
def test_a_child_leaves_its_parents_builders_alone(
    end: Callable[[list[Any]], None], folder_registry: str, work: Path
) -> None:
    write_tree(work, FILES)
    held = [PackageBuilder(NAME).add(".")]
    in_child(lambda: end(held))
    assert sorted(held[0].push().keys()) == sorted(FILES)


def read_in_worker(pkg: Package, key: str) -> bytes:
    return pkg.get_bytes(key)


def read_entry_in_worker(entry: unio.PackageEntry) -> bytes:
    return entry.get_bytes()


# A fork server keeps the environment of the test that was the first to use it.
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_pools_of_processes_read(method: str, registry: str) -> None:
    pkg = publish()
    expect_content(pkg)
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.starmap_async(read_in_worker, [(pkg, key) for key in FILES]).get(60) == list(FILES.values())
        assert pool.map_async(read_entry_in_worker, list(pkg)).get(60) == [FILES[key] for key in sorted(FILES)]
    expect_content(pkg)


# Threads.


def test_threads_open_list_build_and_publish_at_once(registry: str) -> None:
    pkg = publish()
    wrong: list[object] = []

    def work(number: int) -> None:
        try:
            for _ in range(3):
                expect_content(pkg)
                expect_content(Package(NAME))
                assert [item.logical_key for item in pkg.ls()] == ["README.md", "a.txt", "dir/"]
            publish(f"thread/n{number}", {"number": b"%d" % number})
        except BaseException as error:  # handed to the test's own thread below
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert [Package(f"thread/n{i}").get_bytes("number") for i in range(6)] == [b"%d" % i for i in range(6)]


def test_threads_may_share_a_builder(folder_registry: str, work: Path) -> None:
    write_tree(work, {f"{i}.txt": b"%d" % i for i in range(16)})
    builder = PackageBuilder(NAME)
    threads = [threading.Thread(target=builder.add, args=(f"{i}.txt",)) for i in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(builder.push()) == 16


# Signals.

INTERRUPTED = """
import os, signal, sys, threading, time, unio
{before}
pkg = unio.Package({name!r})
print("ready", flush=True)
try:
    {call}
except {kind} as error:
    print("raised", type(error).__name__, flush=True)
assert sys.stdin.readline()
pkg.{after}
print("goes on", flush=True)
"""


def interrupted(code: str, proxy: S3Proxy, act: Callable[[subprocess.Popen[str]], None]) -> str:
    """Runs a program whose transfer stalls, does something to it, heals the network, and gives what it printed."""
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin and process.stdout
    try:
        assert process.stdout.readline() == "ready\n"
        deadline = time.monotonic() + PATIENCE
        while not any(record.fault is Fault.STALL for record in proxy.requests.copy()):
            assert time.monotonic() < deadline, "no request was stalled"
            time.sleep(0.01)
        act(process)
        assert select.select([process.stdout], [], [], 5)[0], "it takes longer than a user would wait"
        line = process.stdout.readline()
        proxy.heal()
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.stdout.readline() == "goes on\n"
        assert process.wait(PATIENCE) == 0
        return line
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


CALLS = ['pkg.get_bytes("a.txt")', 'pkg.get_many(["a.txt", "dir/b.txt"])', 'pkg.download("d")', "pkg.cache()"]


@pytest.mark.parametrize("call", CALLS)
def test_ctrl_c_ends_a_transfer_and_the_next_call_works(call: str, proxy: S3Proxy, work: Path) -> None:
    publish()
    proxy.fault(Fault.STALL, lambda record: ".unio/objects/" in record.path and record.method == "GET")
    code = INTERRUPTED.format(
        before="", name=NAME, call=call, kind="KeyboardInterrupt", after="get_many(['a.txt', 'dir/b.txt'])"
    )
    assert interrupted(code, proxy, lambda process: process.send_signal(signal.SIGINT)) == "raised KeyboardInterrupt\n"


def test_a_handler_that_raises_ends_a_transfer(proxy: S3Proxy, work: Path) -> None:
    publish()
    proxy.fault(Fault.STALL, lambda record: ".unio/objects/" in record.path and record.method == "GET")
    before = "def stop(*_): raise TimeoutError('enough')\nsignal.signal(signal.SIGALRM, stop)"
    code = INTERRUPTED.format(
        before=before, name=NAME, call='pkg.get_bytes("a.txt")', kind="TimeoutError", after="readme()"
    )
    assert interrupted(code, proxy, lambda process: process.send_signal(signal.SIGALRM)) == "raised TimeoutError\n"


def test_a_handler_that_returns_disturbs_nothing(registry: str) -> None:
    files = {f"{i}.bin": os.urandom(200_000) for i in range(40)}
    pkg = publish(files=files)
    seen: list[int] = []
    previous = signal.signal(signal.SIGALRM, lambda *_: seen.append(1))
    signal.setitimer(signal.ITIMER_REAL, 0.005, 0.005)
    try:
        assert pkg.get_many(files) == list(files.values())
        while not seen:
            pkg.get_bytes("0.bin")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


# The environment.


def test_a_registry_that_is_set_between_calls_is_used_by_the_next(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two"):
        monkeypatch.setenv("UNIO_REGISTRY", str(home / name))
        publish(f"team/{name}", {"a": b""})
    first = Package("team/two")
    monkeypatch.setenv("UNIO_REGISTRY", str(home / "one"))
    assert [info.name for info in unio.packages()] == ["team/one"]
    assert first.get_bytes("a") == b""


def test_a_changed_environment_does_not_hang_what_is_open_in_a_bucket(bucket_registry: str) -> None:
    publish()
    program = f"""
import gc, os, unio
old = unio.Package({NAME!r})
old.get_bytes("a.txt")
os.environ["UNIO_USER"] = "grace"
new = unio.Package({NAME!r})
assert new.get_bytes("dir/b.txt") == old.get_bytes("dir/b.txt") == b"two"
del old
gc.collect()
assert new.get_bytes("dir/c.txt") == b"three"
"""
    run_python(program)


def test_objects_that_are_alive_at_the_end_do_no_harm(registry: str, work: Path) -> None:
    publish()
    program = f"""
import threading, unio
pkg = unio.Package({NAME!r})
builder = pkg.as_package_builder()
entries = list(pkg)
pkg.get_many(entries)
threading.Thread(target=lambda: [pkg.get_bytes("a.txt") for _ in range(200)]).start()
"""
    done = run_python(program)
    assert done.stderr == ""


def test_a_killed_process_leaves_nothing_that_hinders(registry: str, work: Path) -> None:
    pkg = publish()
    program = f"""
import os, signal, unio
builder = unio.Package({NAME!r}).as_package_builder()
os.kill(os.getpid(), signal.SIGKILL)
"""
    run_python(program, exit_code=-signal.SIGKILL)
    expect_content(pkg)
    assert place_of(registry).is_dir()
    assert publish(files={"next": b"1"}).get_bytes("next") == b"1"
