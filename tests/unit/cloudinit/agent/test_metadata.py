"""The metadata service when it is slow, strange or absent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from cdinfra.cloudinit.agent.metadata import Metadata
from cdinfra.cloudinit.agent.system import Answer, Failure

if TYPE_CHECKING:
    from conftest import FakeHost

    from cdinfra.cloudinit.agent.system import System


def metadata_of(host: FakeHost) -> Metadata:
    return Metadata(cast("System", host))


def test_a_service_that_is_not_up_yet_is_asked_again(fake_host: FakeHost) -> None:
    fake_host.metadata_faults = [OSError("refused"), OSError("refused"), Answer(500, {}, b"")]
    assert metadata_of(fake_host).instance_id() == "i-0123456789abcdef0"


def test_an_expired_token_is_renewed(fake_host: FakeHost) -> None:
    metadata = metadata_of(fake_host)
    metadata.instance_id()
    fake_host.metadata_faults = [Answer(401, {}, b"")]
    assert metadata.region() == "eu-central-1"


def test_a_service_that_never_answers_is_a_failure_within_a_minute(fake_host: FakeHost) -> None:
    fake_host.metadata_faults = [OSError("refused")] * 99
    before = fake_host.clock
    with pytest.raises(Failure, match="metadata service does not answer"):
        metadata_of(fake_host).instance_id()
    assert fake_host.clock - before < 60


def test_an_absent_value_is_none(fake_host: FakeHost) -> None:
    assert metadata_of(fake_host).get("meta-data/nothing") is None


def test_a_tag_may_have_an_empty_value(fake_host: FakeHost) -> None:
    fake_host.tags = {"cdinfra:release": "", "cdinfra:generation": "7"}
    assert metadata_of(fake_host).tags() == {"cdinfra:release": "", "cdinfra:generation": "7"}


def test_tags_that_are_none_of_ours_are_not_even_asked_for(fake_host: FakeHost) -> None:
    fake_host.tags = {"../../iam": "x", "\x00 ü": "y", "cdinfra:release": "z"}
    asked: list[str] = []
    answer = fake_host.http

    def http(method: str, url: str, **options: Any) -> Answer:
        asked.append(url)
        return answer(method, url, **options)

    fake_host.http = http  # type: ignore[method-assign] # looks on
    assert metadata_of(fake_host).tags() == {"cdinfra:release": "z"}
    assert [url.partition("/latest/")[2] for url in asked] == [
        "api/token",
        "meta-data/tags/instance",
        "meta-data/tags/instance/cdinfra:release",
    ]


def test_the_role_may_appear_later_than_the_instance(fake_host: FakeHost) -> None:
    fake_host.metadata_faults = [Answer(200, {}, b"token"), Answer(404, {}, b"")]
    assert metadata_of(fake_host).credentials().key_id == "AKID"


def test_a_role_that_cannot_be_assumed_yet_is_waited_for(fake_host: FakeHost) -> None:
    fake_host.metadata_faults = [
        Answer(200, {}, b"token"),
        Answer(200, {}, b"web-role"),
        Answer(200, {}, b'{"Code": "AssumeRoleUnauthorizedAccess"}'),
    ]
    assert metadata_of(fake_host).credentials().key_id == "AKID"


def test_a_role_that_can_never_be_assumed_is_a_failure_with_the_reason(
    fake_host: FakeHost,
) -> None:
    metadata = metadata_of(fake_host)
    metadata.instance_id()
    refused = Answer(200, {}, b'{"Code": "AssumeRoleUnauthorizedAccess"}')
    fake_host.metadata_faults = [Answer(200, {}, b"web-role"), refused] * 8
    with pytest.raises(Failure, match="no credentials: AssumeRoleUnauthorizedAccess"):
        metadata.credentials()
