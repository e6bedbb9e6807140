"""Objects in S3: read with S3's own times, written under conditions."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from botocore.response import StreamingBody

from cdinfra.aws.storage import Storage, StoredObject
from cdinfra.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.aws.conftest import Script

MODIFIED = datetime(2026, 1, 31, 9, tzinfo=UTC)


def answer(headers: dict[str, str]) -> dict[str, Any]:
    return {
        "Body": StreamingBody(BytesIO(b"{}"), 2),
        "ETag": '"abc"',
        "LastModified": MODIFIED,
        "ResponseMetadata": {"HTTPHeaders": headers},
    }


def test_an_object_is_read_with_the_times_of_s3s_own_clock(script: Callable[..., Script]) -> None:
    cloud = script("s3")
    cloud.answer("get_object", answer({"date": "Sat, 31 Jan 2026 09:00:42 GMT"}))
    read = Storage(cloud.clients).read_object("bucket", "key")
    assert read == StoredObject(
        body=b"{}",
        etag='"abc"',
        modified_at=MODIFIED,
        read_at=datetime(2026, 1, 31, 9, 0, 42, tzinfo=UTC),
    )


def test_an_answer_without_its_time_is_refused(script: Callable[..., Script]) -> None:
    cloud = script("s3")
    cloud.answer("get_object", answer({}))
    with pytest.raises(CloudError, match="s3://bucket/key: the answer does not say what time"):
        Storage(cloud.clients).read_object("bucket", "key")


def test_an_object_that_is_not_there_is_none(script: Callable[..., Script]) -> None:
    cloud = script("s3")
    cloud.refuse("get_object", "NoSuchKey", status=404)
    assert Storage(cloud.clients).read_object("bucket", "key") is None
    cloud.refuse("get_object", "NoSuchBucket", status=404)
    with pytest.raises(CloudError, match="NoSuchBucket"):
        Storage(cloud.clients).read_object("bucket", "key")


def test_an_object_is_created_only_where_none_is(script: Callable[..., Script]) -> None:
    cloud = script("s3")
    wanted = {
        "Bucket": "bucket",
        "Key": "key",
        "Body": b"{}",
        "ContentType": "text/html",
        "IfNoneMatch": "*",
    }
    cloud.answer("put_object", {"ETag": '"abc"'}, wanted)
    storage = Storage(cloud.clients)
    assert storage.create_object("bucket", "key", b"{}", content_type="text/html") == '"abc"'


def test_an_object_is_replaced_only_where_it_is_still_the_same(
    script: Callable[..., Script],
) -> None:
    cloud = script("s3")
    wanted = {
        "Bucket": "bucket",
        "Key": "key",
        "Body": b"{}",
        "ContentType": "application/json",
        "IfMatch": '"abc"',
    }
    cloud.answer("put_object", {"ETag": '"def"'}, wanted)
    replaced = Storage(cloud.clients).replace_object("bucket", "key", b"{}", etag='"abc"')
    assert replaced == '"def"'


@pytest.mark.parametrize(
    ("code", "status"),
    [("PreconditionFailed", 412), ("ConditionalRequestConflict", 409), ("NoSuchKey", 404)],
)
def test_where_others_wrote_nothing_is_written(
    script: Callable[..., Script], code: str, status: int
) -> None:
    cloud = script("s3")
    storage = Storage(cloud.clients)
    cloud.refuse("put_object", code, status=status)
    assert storage.replace_object("bucket", "key", b"{}", etag='"abc"') is None
    if status != 404:
        cloud.refuse("put_object", code, status=status)
        assert storage.create_object("bucket", "key", b"{}", content_type="text/html") is None


def test_any_other_refusal_of_a_writing_is_told(script: Callable[..., Script]) -> None:
    cloud = script("s3")
    storage = Storage(cloud.clients)
    cloud.refuse("put_object", "AccessDenied", status=403)
    with pytest.raises(CloudError, match="cannot write s3://bucket/key: no"):
        storage.replace_object("bucket", "key", b"{}", etag='"abc"')
    cloud.refuse("put_object", "NoSuchBucket", status=404)
    with pytest.raises(CloudError, match="NoSuchBucket"):
        storage.replace_object("bucket", "key", b"{}", etag='"abc"')


def test_keys_are_listed_over_all_pages(script: Callable[..., Script]) -> None:
    cloud = script("s3")
    wanted = {"Bucket": "bucket", "Prefix": "history/", "StartAfter": "history/1"}
    page = {"Contents": [{"Key": "history/2"}], "IsTruncated": True, "NextContinuationToken": "n"}
    cloud.answer("list_objects_v2", page, wanted)
    page = {"Contents": [{"Key": "history/3"}], "IsTruncated": False}
    cloud.answer("list_objects_v2", page, {**wanted, "ContinuationToken": "n"})
    keys = Storage(cloud.clients).list_keys("bucket", "history/", start_after="history/1")
    assert list(keys) == ["history/2", "history/3"]


def test_an_object_that_cannot_be_deleted_is_named(script: Callable[..., Script]) -> None:
    cloud = script("s3")
    version = {"Key": "locks/web.json", "VersionId": "1"}
    cloud.answer("list_object_versions", {"Versions": [version]})
    refusal = {**version, "Code": "AccessDenied", "Message": "Access Denied"}
    wanted = {"Bucket": "bucket", "Delete": {"Objects": [version], "Quiet": True}}
    cloud.answer("delete_objects", {"Errors": [refusal]}, wanted)
    message = r"empty s3://bucket: locks/web.json: Access Denied \(AccessDenied\)"
    with pytest.raises(CloudError, match=message):
        Storage(cloud.clients).empty_bucket("bucket")


def test_a_bucket_that_is_gone_is_empty(script: Callable[..., Script]) -> None:
    cloud = script("s3")
    cloud.refuse("list_object_versions", "NoSuchBucket", status=404)
    Storage(cloud.clients).empty_bucket("bucket")
    cloud.refuse("list_object_versions", "AccessDenied", status=403)
    with pytest.raises(CloudError, match="AccessDenied"):
        Storage(cloud.clients).empty_bucket("bucket")
