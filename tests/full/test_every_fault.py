"""Every kind of request of every operation meets each kind of fault, at its first, second and last occurrence: the result
is right or a clear error, in time, and never wrong bytes."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache, cached_property
from pathlib import Path

import pytest
from fault_calls import CALLS, COMPLETE, DRIPS, LASTS, PASSES, STAYS_AWAY, Call, Cell
from fault_operations import OPERATIONS, Ended, Operation, Scene

from s3_faults import EXIT_CODES, check_error
from s3_proxy import Fault, RequestRecord, S3Proxy
from s3_registry import BucketUnio, server_url

BY_NAME = {operation.name: operation for operation in OPERATIONS}


class Prepared:
    """An operation that is ready to run, in a bucket of its own."""

    def __init__(self, operation: Operation, folder: Path) -> None:
        self.operation = operation
        self.scene = Scene(folder, operation.versioned)
        operation.prepare(self.scene)
        self.scene.save()

    def run(self, proxy: S3Proxy | None = None) -> Ended:
        unio = self.scene.direct
        if proxy is not None:
            unio = BucketUnio(unio.home, self.scene.bucket, endpoint=proxy.url)
        begin = time.monotonic()
        process = unio.start(*self.operation.command(self.scene), cwd=self.scene.work)
        try:
            out, err = process.communicate(timeout=150)
        finally:
            process.kill()  # if it hangs
        return Ended(process.returncode, out, err, time.monotonic() - begin)

    def run_with(self, cell: Cell) -> Ended:
        """Runs it with a fault, which it must meet."""
        before = self.count(cell.call) - 1 if cell.occurrence == "last" else int(cell.occurrence == "second")
        self.scene.put_back()
        with S3Proxy(server_url()) as proxy:
            rule = proxy.fault(cell.fault, match=cell.call.match, times=cell.times, after=before)
            ended = self.run(proxy)
        assert rule.fired >= 1, "the fault was not met"
        return ended

    @cached_property
    def requests(self) -> list[RequestRecord]:
        """What it asks the service when nothing disturbs it."""
        self.scene.put_back()
        with S3Proxy(server_url()) as proxy:
            ended = self.run(proxy)
        assert ended.code == 0, ended.err
        self.check(ended)
        return proxy.requests

    def count(self, call: Call) -> int:
        return sum(call.match(record) for record in self.requests)

    def check(self, ended: Ended) -> None:
        """A right result, or a clear error; whatever it was, the same command does the work once the fault is gone."""
        self.operation.always(self.scene)
        if ended.code != 0:
            check_error(ended.err, self.scene.bucket.name)
            ended = self.run()
            assert ended.code in self.operation.again, ended.err
            self.operation.always(self.scene)
        self.operation.check(self.scene, ended)


Prepare = Callable[[str], Prepared]


@pytest.fixture(scope="session")
def prepare(tmp_path_factory: pytest.TempPathFactory) -> Prepare:
    """Makes an operation ready, once for all of its cells."""
    return cache(lambda name: Prepared(BY_NAME[name], tmp_path_factory.mktemp("scene")))


def check_cell(prepare: Prepare, cell: Cell, codes: set[int], seconds: float) -> None:
    """With the fault the operation ends with one of these codes, in time, and all that must hold then does."""
    prepared = prepare(cell.call.operation)
    ended = prepared.run_with(cell)
    assert ended.code in codes, ended.err
    assert ended.seconds < seconds
    prepared.check(ended)


@pytest.mark.parametrize("cell", PASSES, ids=str)
def test_what_passes_is_not_noticed(cell: Cell, prepare: Prepare) -> None:
    check_cell(prepare, cell, codes={0}, seconds=30)


@pytest.mark.parametrize("cell", DRIPS, ids=str)
def test_what_brings_too_little_is_given_up_after_a_minute(cell: Cell, prepare: Prepare) -> None:
    check_cell(prepare, cell, codes={0}, seconds=90)


def exit_codes(cell: Cell) -> set[int]:
    codes = EXIT_CODES.get(cell.fault, {0, 1, 3, 5, 8, 9})
    # The answer to HEAD is a number without words.
    if cell.call.request == "HeadObject" and cell.fault in (Fault.EXPIRED_TOKEN, Fault.CLOCK_SKEW):
        codes = {2, 6, 7}
    return codes if cell.call.needed else codes | {0}


@pytest.mark.parametrize("cell", LASTS, ids=str)
def test_what_lasts_is_a_clear_error_and_never_a_wrong_file(cell: Cell, prepare: Prepare) -> None:
    check_cell(prepare, cell, exit_codes(cell), seconds=60)


@pytest.mark.parametrize("cell", STAYS_AWAY, ids=str)
def test_a_service_that_stays_away_is_given_up_in_time(cell: Cell, prepare: Prepare) -> None:
    check_cell(prepare, cell, codes={0, 8}, seconds=60)


def test_the_cells_are_more_than_six_hundred() -> None:
    assert len({*PASSES, *DRIPS, *LASTS, *STAYS_AWAY}) >= 600


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.operation}-{call.name}")
def test_each_call_is_made_as_often_as_the_table_says(call: Call, prepare: Prepare) -> None:
    assert prepare(call.operation).count(call) >= call.times


@pytest.mark.parametrize("operation", sorted(COMPLETE))
def test_the_table_has_every_request_of_an_operation(operation: str, prepare: Prepare) -> None:
    calls = [call for call in CALLS if call.operation == operation]
    requests = prepare(operation).requests
    assert [record for record in requests if not any(call.match(record) for call in calls)] == []


def test_verifying_a_folder_asks_the_service_nothing(prepare: Prepare) -> None:
    prepared = prepare("install")
    prepared.scene.put_back()
    assert prepared.run().code == 0
    with S3Proxy(server_url()) as proxy:
        unio = BucketUnio(prepared.scene.direct.home, prepared.scene.bucket, endpoint=proxy.url)
        unio.run("verify", prepared.scene.target)
        assert proxy.requests == []
