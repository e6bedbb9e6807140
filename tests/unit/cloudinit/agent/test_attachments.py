"""A fixed host takes over its data volume and its address."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import pytest

from cdinfra.cloudinit.agent.attachments import attach_volume, take_address
from cdinfra.cloudinit.agent.system import Answer, Failure

if TYPE_CHECKING:
    from conftest import FakeHost

    from cdinfra.cloudinit.agent.aws import Aws
    from cdinfra.cloudinit.agent.system import System

IN_USE = Answer(400, {}, b"<Code>VolumeInUse</Code><Message>vol-1 is in use</Message>")
DENIED = Answer(403, {}, b"<Code>UnauthorizedOperation</Code>")
DONE = Answer(200, {}, b"<return>true</return>")


class FakeMetadata:
    def instance_id(self) -> str:
        return "i-1"


@dataclass
class FakeAws:
    answers: list[Answer]
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    metadata: FakeMetadata = field(default_factory=FakeMetadata)

    def query(self, _service: str, action: str, _version: str, wanted: dict[str, str]) -> Answer:
        self.asked.append((action, wanted))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def attach(host: FakeHost, aws: FakeAws, volume_id: str = "vol-1") -> None:
    attach_volume(cast("System", host), cast("Aws", aws), volume_id, "/dev/sdf")


def test_a_volume_that_the_old_host_still_has_is_waited_for(fake_host: FakeHost) -> None:
    aws = FakeAws([IN_USE, IN_USE, DONE])
    attach(fake_host, aws)
    wanted = {"VolumeId": "vol-1", "InstanceId": "i-1", "Device": "/dev/sdf"}
    assert aws.asked == [("AttachVolume", wanted)] * 3


def test_a_volume_that_is_never_let_go_ends_the_wait(fake_host: FakeHost) -> None:
    with pytest.raises(Failure, match=r"vol-1 cannot be attached: .*in use"):
        attach(fake_host, FakeAws([IN_USE]))


def test_a_refusal_is_not_tried_again(fake_host: FakeHost) -> None:
    aws = FakeAws([DENIED])
    with pytest.raises(Failure, match="UnauthorizedOperation"):
        attach(fake_host, aws)
    assert len(aws.asked) == 1


def test_a_volume_that_is_there_is_left_alone(fake_host: FakeHost) -> None:
    fake_host.write("/sys/class/block/nvme1n1/device/serial", "vol1\n")
    aws = FakeAws([DENIED])
    attach(fake_host, aws)
    attach(fake_host, aws, volume_id="")
    assert aws.asked == []


def test_the_address_is_taken_from_whoever_has_it() -> None:
    aws = FakeAws([DONE])
    take_address(cast("Aws", aws), "eipalloc-1")
    take_address(cast("Aws", aws), "")
    assert aws.asked == [
        (
            "AssociateAddress",
            {"AllocationId": "eipalloc-1", "InstanceId": "i-1", "AllowReassociation": "true"},
        )
    ]


def test_an_address_that_cannot_be_taken_fails_the_boot() -> None:
    with pytest.raises(Failure, match="eipalloc-1 cannot be attached"):
        take_address(cast("Aws", FakeAws([DENIED])), "eipalloc-1")
