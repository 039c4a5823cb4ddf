"""What the faults of the proxy may come to: a right result, or one clear error in time."""

from __future__ import annotations

from collections.abc import Callable

from s3_proxy import Fault, RequestRecord

#: What passes when it is tried again, and so must not be seen at all.
PASSING = [Fault.STATUS_500, Fault.STATUS_503_SLOW_DOWN, Fault.STATUS_429, Fault.RESET, Fault.LOST_ANSWER, Fault.TRUNCATED]
#: What ends in an error, or in a right result where the answer's body does not matter.
LASTING = [Fault.STATUS_403, Fault.EXPIRED_TOKEN, Fault.CLOCK_SKEW, Fault.ALTERED, Fault.ERROR_IN_200, Fault.GARBAGE_200]
EXIT_CODES = {Fault.STATUS_403: {7}, Fault.EXPIRED_TOKEN: {6}, Fault.CLOCK_SKEW: {6}}


def of(operation: str, part: str = "") -> Callable[[RequestRecord], bool]:
    """Requests of one kind whose path has a part."""
    return lambda record: record.operation == operation and part in record.path


def check_error(err: str, place: str) -> None:
    """One error, which says where it happened, and nothing that looks like a crash."""
    lines = [line for line in err.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1, err
    assert "this is a bug" not in err
    assert place in err, "the error does not say where"
