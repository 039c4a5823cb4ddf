"""Each S3 server that the tests run on lacks exactly what tests/data/s3_servers.txt says: nothing is skipped without need."""

from __future__ import annotations

import base64
import hashlib
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from s3_registry import Bucket, client
from s3_abilities import SERVER, lacks

PART = 5 << 20


def status(call: Callable[..., Any], bucket: Bucket, **options: Any) -> int:
    """What the server answers."""
    try:
        return call(Bucket=bucket.name, **options)["ResponseMetadata"]["HTTPStatusCode"]
    except ClientError as error:
        return error.response["ResponseMetadata"]["HTTPStatusCode"]


def put(bucket: Bucket, key: str, content: bytes = b"content") -> str:
    return client().put_object(Bucket=bucket.name, Key=key, Body=content)["ETag"]


def completed(bucket: Bucket, key: str, **condition: str) -> int:
    """What comes of an upload in parts that is completed on a condition."""
    s3, place = client(), {"Bucket": bucket.name, "Key": key}
    upload = place | {"UploadId": s3.create_multipart_upload(**place)["UploadId"]}
    etags = [s3.upload_part(**upload, PartNumber=n, Body=bytes(PART))["ETag"] for n in (1, 2)]
    parts = [{"PartNumber": n, "ETag": etag} for n, etag in enumerate(etags, 1)]
    del upload["Bucket"]
    return status(s3.complete_multipart_upload, bucket, **upload, MultipartUpload={"Parts": parts}, **condition)


def writes(bucket: Bucket, *keys_and_conditions: tuple[str, dict[str, str]]) -> list[int]:
    """What comes of writes one after the other."""
    write = client().put_object
    return [status(write, bucket, Key=key, Body=b"", **condition) for key, condition in keys_and_conditions]


def signatures(bucket: Bucket) -> bool:
    """Who does not know the secret is refused."""
    wrong = client(aws_access_key_id=os.environ["AWS_ACCESS_KEY_ID"], aws_secret_access_key="wrong")
    return status(wrong.list_objects_v2, bucket) == 403


def create_only(bucket: Bucket) -> bool:
    """A write with If-None-Match happens only where nothing is."""
    put(bucket, "there")
    return writes(bucket, ("there", {"IfNoneMatch": "*"}), ("new", {"IfNoneMatch": "*"})) == [412, 200]


def swap(bucket: Bucket, quote: str = "") -> bool:
    """A write with If-Match happens only where the object has that ETag, with or without its quotes."""
    stale, right = (put(bucket, "key", content) for content in (b"first", b"second"))
    tried = [("key", {"IfMatch": quote + etag.strip('"') + quote}) for etag in (stale, right)]
    return writes(bucket, *tried) == [412, 200]


def quoted_etags(bucket: Bucket) -> bool:
    """The ETag in If-Match may be quoted, as the server itself gives it."""
    return swap(bucket, '"')


def conditional_completion(bucket: Bucket) -> bool:
    """An upload in parts with If-None-Match becomes an object only where nothing is."""
    put(bucket, "there")
    return [completed(bucket, key, IfNoneMatch="*") for key in ("there", "new")] == [412, 200]


def swapping_completion(bucket: Bucket) -> bool:
    """An upload in parts with If-Match becomes an object only where that is."""
    stale, right = (put(bucket, "key", content) for content in (b"first", b"second"))
    return [completed(bucket, "key", IfMatch=etag) for etag in (stale, right)] == [412, 200]


def conditional_removal(bucket: Bucket) -> bool:
    """A removal with If-Match happens only where that is."""
    stale, right = (put(bucket, "key", content) for content in (b"first", b"second"))
    return [status(client().delete_object, bucket, Key="key", IfMatch=etag) for etag in (stale, right)] == [412, 204]


def clean_removal(bucket: Bucket) -> bool:
    """What was removed is gone for conditions and listings too, if those work at all."""
    etag = put(bucket, "folder/key")
    client().delete_object(Bucket=bucket.name, Key="folder/key")
    listed = client().list_objects_v2(Bucket=bucket.name, Delimiter="/")
    stale, new = writes(bucket, ("folder/key", {"IfMatch": etag}), ("folder/key", {"IfNoneMatch": "*"}))
    return stale in (404, 412) and new == 200 and not listed.get("CommonPrefixes")


def sha256(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def checks_bytes(bucket: Bucket) -> bool:
    """What does not have the SHA-256 that comes with it is refused."""
    write = client().put_object
    return status(write, bucket, Key="key", Body=b"other", ChecksumSHA256=sha256(b"content")) == 400


def keeps_checksums(bucket: Bucket) -> bool:
    """The SHA-256 that came with an object, or with a part of one, is told to who asks."""
    s3, place, right = client(), {"Bucket": bucket.name, "Key": "key"}, sha256(b"content")
    s3.put_object(**place, Body=b"content", ChecksumSHA256=right)
    told = s3.head_object(**place, ChecksumMode="ENABLED").get("ChecksumSHA256")
    upload = s3.create_multipart_upload(**place, ChecksumAlgorithm="SHA256", ChecksumType="COMPOSITE")["UploadId"]
    s3.upload_part(**place, UploadId=upload, PartNumber=1, Body=b"content", ChecksumSHA256=right)
    [part] = s3.list_parts(**place, UploadId=upload)["Parts"]
    return told == part.get("ChecksumSHA256") == right


def upload_dates(bucket: Bucket) -> bool:
    """Of an unfinished upload it is told when it began."""
    s3 = client()
    s3.create_multipart_upload(Bucket=bucket.name, Key="key")
    [upload] = s3.list_multipart_uploads(Bucket=bucket.name)["Uploads"]
    return abs(upload["Initiated"].timestamp() - time.time()) < 60


def protection(days: int = 2) -> dict[str, Any]:
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)
    return {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": until}


def object_lock(_: Bucket) -> bool:
    """A protected version can be neither removed nor made to be protected for less time, only for more."""
    bucket, s3 = Bucket(locked=True), client()
    version = s3.put_object(Bucket=bucket.name, Key="key", Body=b"content", **protection())["VersionId"]
    place = {"Key": "key", "VersionId": version}

    def change(days: int) -> int:
        wanted = protection(days)
        retention = {"Mode": wanted["ObjectLockMode"], "RetainUntilDate": wanted["ObjectLockRetainUntilDate"]}
        return status(s3.put_object_retention, bucket, **place, Retention=retention)

    return [change(4), change(1), status(s3.delete_object, bucket, **place)] == [200, 403, 403]


def locked_uploads(_: Bucket) -> bool:
    """An object that came in parts is protected as its upload was begun with."""
    bucket, s3 = Bucket(locked=True), client()
    place = {"Bucket": bucket.name, "Key": "key"}
    upload = place | {"UploadId": s3.create_multipart_upload(**place, **protection())["UploadId"]}
    part = {"PartNumber": 1, "ETag": s3.upload_part(**upload, PartNumber=1, Body=b"content")["ETag"]}
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [part]})
    return s3.head_object(**place).get("ObjectLockMode") == "GOVERNANCE"


def line_breaks(bucket: Bucket) -> bool:
    """A key may have a line break."""
    return writes(bucket, ("a\nb", {})) == [200]


ABILITIES = {
    ability.__name__.replace("_", "-"): ability
    for ability in [
        signatures,
        create_only,
        swap,
        quoted_etags,
        conditional_completion,
        swapping_completion,
        conditional_removal,
        clean_removal,
        checks_bytes,
        keeps_checksums,
        upload_dates,
        object_lock,
        locked_uploads,
        line_breaks,
    ]
}


@pytest.mark.parametrize("name", ABILITIES)
def test_the_server_lacks_what_the_table_says_and_nothing_else(name: str, bucket: Bucket) -> None:
    assert ABILITIES[name](bucket) is (name not in lacks(SERVER, bucket.versioned))


def test_the_table_names_no_other_abilities() -> None:
    named = {name for server in ("versitygw", "moto", "radosgw") for kind in (False, True) for name in lacks(server, kind)}
    assert named <= ABILITIES.keys()
