"""Every kind of request that the operations make, and the faults that each meets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from s3_faults import LASTING, PASSING
from s3_proxy import Fault, RequestRecord

#: Faults of an answer's body, which the answers to these do not have.
OF_BODIES = {Fault.TRUNCATED, Fault.ALTERED}
WITHOUT_BODY = {"PutObject", "UploadPart", "HeadObject", "DeleteObject", "AbortMultipartUpload"}
#: What only its body tells from other failures, and the answer to HEAD has none even then.
TOLD_BY_BODIES = {Fault.STATUS_400_TIMEOUT, Fault.STATUS_409}
#: What passes, as long as it lasts once only.
ONCE = [*PASSING, Fault.STATUS_400_TIMEOUT, Fault.STATUS_409]
#: A service that is away, and stays away.
AWAY = [Fault.STATUS_503_SLOW_DOWN, Fault.RESET]
OCCURRENCES = ["first", "second", "last"]


@dataclass(frozen=True)
class Call:
    """A kind of request: what S3 calls it, and where in a path with its query it may be (a regular expression). An
    operation makes at least so many `times`, of which the first, the second and the last may meet a fault."""

    operation: str
    name: str
    request: str
    where: str = ""
    times: int = 1
    needed: bool = True  #: without it the operation fails

    def match(self, record: RequestRecord) -> bool:
        return record.operation == self.request and bool(re.search(self.where, f"{record.path}?{unquote(record.query)}"))

    def faults(self, faults: list[Fault]) -> list[Fault]:
        impossible = OF_BODIES if self.request in WITHOUT_BODY else set()
        if self.request == "HeadObject":
            impossible = impossible | TOLD_BY_BODIES
        return [fault for fault in faults if fault not in impossible]


@dataclass(frozen=True)
class Cell:
    """A call that meets a fault; `times` None is from then on."""

    call: Call
    fault: Fault
    occurrence: str = "first"
    times: int | None = 1

    def __str__(self) -> str:
        return "-".join([self.call.operation, self.call.name, self.occurrence, self.fault.name])


NAMES = r"/named_packages/team/data/"
ANY_NAME = NAMES + r"(\d+|latest|v1|v2)\?"
TAIL = [  # how each publication or move of a name ends
    ("read format", "GetObject", r"/format\.json"),
    ("list intents", "ListObjectsV2", r"/intents/$"),
    ("write intent", "PutObject", "/intents/"),
    ("write reflog", "PutObject", "/reflog/"),
    ("remove intent", "DeleteObject", "/intents/"),
]


def tail(operation: str, *without: str, times: int = 1) -> list[Call]:
    return [Call(operation, *row, times=times) for row in TAIL if row[0] not in without]


CALLS = [
    Call("push", "read latest", "GetObject", NAMES + "latest"),
    Call("push", "list records", "ListObjectsV2", r"/\.unio/$"),
    Call("push", "write session", "PutObject", "/sessions/"),
    Call("push", "write object", "PutObject", "/objects/", times=2),
    Call("push", "look for object", "HeadObject", "/objects/"),
    Call("push", "list uploads", "ListMultipartUploads", "/objects/", needed=False),
    Call("push", "list old uploads", "ListMultipartUploads", r"/(\.unio|packages)/&", times=2, needed=False),
    Call("push", "begin upload", "CreateMultipartUpload"),
    Call("push", "upload part", "UploadPart", times=2),
    Call("push", "complete upload", "CompleteMultipartUpload"),
    Call("push", "read tag", "GetObject", NAMES + "v2", times=2),
    Call("push", "list below tag", "ListObjectsV2", NAMES + "v2/"),
    Call("push", "look for name's folder", "HeadObject", r"/named_packages/team/data\?"),
    Call("push", "write manifest", "PutObject", "/packages/[0-9a-f]{64}"),
    Call("push", "write revision", "PutObject", "/revisions/"),
    Call("push", "move latest", "PutObject", NAMES + "latest"),
    Call("push", "write second", "PutObject", NAMES + r"\d+"),
    Call("push", "move tag", "PutObject", NAMES + "v2"),
    Call("push", "write feed", "PutObject", "/feed/"),
    Call("push", "remove records", "DeleteObjects", needed=False),
    *tail("push", "read format", "list intents", "write reflog", "remove intent"),
    Call("push", "write reflog", "PutObject", "/reflog/", times=2),
    Call("first push", "read format", "GetObject", "/format"),
    Call("first push", "probe by writing", "PutObject", "/probes/", times=3, needed=False),
    Call("first push", "probe by looking", "HeadObject", "/probes/", times=2, needed=False),
    Call("first push", "probe by removing", "DeleteObject", r"/probes/\S+-object\?", times=2, needed=False),
    Call("first push", "probe by beginning an upload", "CreateMultipartUpload", "/probes/", times=2, needed=False),
    Call("first push", "probe by uploading a part", "UploadPart", "/probes/", times=2, needed=False),
    Call("first push", "probe by completing an upload", "CompleteMultipartUpload", "/probes/", times=2, needed=False),
    Call("first push", "probe by ending an upload", "AbortMultipartUpload", "/probes/", needed=False),
    Call("first push", "look at locks", "GetObjectLockConfiguration", needed=False),
    Call("first push", "write format", "PutObject", "/format"),
    Call("first push", "look for second", "HeadObject", NAMES + r"\d+"),
    Call("first push", "create latest", "PutObject", NAMES + "latest"),
    Call("install", "read tag", "GetObject", NAMES + "v1"),
    Call("install", "read manifest", "GetObject", "/packages/"),
    Call("install", "read object", "GetObject", "/objects/", times=3),
    Call("tag", "read names", "GetObject", ANY_NAME, times=3),
    Call("tag", "read manifest", "GetObject", "/packages/"),
    Call("tag", "list names", "ListObjectsV2", NAMES + "$"),
    Call("tag", "read tag", "GetObject", NAMES + "stable", times=2),
    Call("tag", "list below tag", "ListObjectsV2", NAMES + "stable/"),
    Call("tag", "look for name's folder", "HeadObject", r"/named_packages/team/data\?"),
    Call("tag", "move tag", "PutObject", NAMES + "stable"),
    *tail("tag"),
    Call("remake", "move tag", "PutObject", NAMES + "stable", times=2),
    Call("remake", "look for tag", "HeadObject", NAMES + "stable"),
    Call("remake", "list versions", "ListObjectVersions", NAMES + "stable"),
    Call("ls", "list packages", "ListObjectsV2", r"/named_packages/$"),
    Call("ls", "list names", "ListObjectsV2", NAMES + "$"),
    Call("ls", "read names", "GetObject", ANY_NAME, times=3),
    Call("log", "list names", "ListObjectsV2", NAMES + "$"),
    Call("log", "read names", "GetObject", ANY_NAME, times=3),
    Call("log", "read manifest", "GetObject", "/packages/", times=2, needed=False),
    Call("log", "list revisions", "ListObjectsV2", "/revisions/", times=2),
    Call("log", "read revision", "GetObject", "/revisions/", times=2),
    Call("delete", "list names", "ListObjectsV2", NAMES + "$"),
    Call("delete", "read names", "GetObject", ANY_NAME, times=3),
    Call("delete", "look for name", "HeadObject", ANY_NAME, times=3),
    Call("delete", "remove name", "DeleteObject", NAMES, times=3),
    *tail("delete", times=3),
    Call("add", "look at versioning", "GetBucketVersioning"),
    Call("add", "list objects", "ListObjectsV2", "prefix=raw/"),
    Call("add versions", "look at versioning", "GetBucketVersioning"),
    Call("add versions", "list versions", "ListObjectVersions", "prefix=raw/"),
    Call("copy", "read source", "GetObject", "/raw/", times=3),
    Call("copy", "look for object", "HeadObject", "/objects/", times=3),
    Call("copy", "write object", "PutObject", "/objects/", times=2),
    Call("copy", "look at source", "HeadObject", "/raw/"),
    Call("copy", "begin upload", "CreateMultipartUpload", "/objects/"),
    Call("copy", "copy part", "UploadPartCopy", times=2),
    Call("copy", "complete upload", "CompleteMultipartUpload", "/objects/"),
    Call("resume", "list uploads", "ListMultipartUploads", "/objects/", needed=False),
    Call("resume", "list parts", "ListParts", needed=False),
    Call("resume", "upload part", "UploadPart", times=2),
    Call("resume", "complete upload", "CompleteMultipartUpload"),
    Call("prefix", "look at versioning", "GetBucketVersioning"),
    Call("prefix", "list sessions", "ListObjectsV2", r"/sessions/$"),
    Call("prefix", "look for object", "HeadObject", "/registry/readable/", times=2),
    Call("prefix", "write object", "PutObject", "/registry/readable/", times=2),
    Call("prefix", "write manifest", "PutObject", "/packages/[0-9a-f]{64}"),
]
#: Operations of which every request is named above.
COMPLETE = {"push", "install", "tag", "ls", "log", "delete", "add", "add versions"}


def cells(faults: list[Fault], times: int | None, occurrences: list[str] = OCCURRENCES) -> Iterator[Cell]:
    """Each call meets each of the faults at each occurrence that it has."""
    for call in CALLS:
        for fault in call.faults(faults):
            for occurrence in occurrences[: call.times]:
                yield Cell(call, fault, occurrence, times)


def wrong_ranges() -> Iterator[Cell]:
    for call in CALLS:
        if call.request == "GetObject":
            yield Cell(call, Fault.WRONG_RANGE, times=None)


def dripping() -> Iterator[Cell]:
    """One call of each kind: what brings a byte now and then is only given up after a minute."""
    kinds = {call.request: call for call in reversed(CALLS)}
    for request in ("GetObject", "HeadObject", "ListObjectsV2", "PutObject", "CompleteMultipartUpload"):
        yield Cell(kinds[request], Fault.DRIP)


#: By what is to be expected of them.
PASSES = [*cells(ONCE, 1), *cells([Fault.STALL], 1, ["first"])]
DRIPS = list(dripping())
LASTS = [*cells([*LASTING, Fault.PORTAL], None), *wrong_ranges()]
STAYS_AWAY = list(cells(AWAY, None, ["first"]))
