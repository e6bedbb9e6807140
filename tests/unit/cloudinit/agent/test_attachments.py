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
SERIAL = "/sys/class/block/nvme1n1/device/serial"
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

    def on_success(self, host: FakeHost, seconds: float) -> None:
        """Let the kernel see the volume some time after EC2 has attached it."""
        at_once = host.sleep

        def sleep(wanted: float) -> None:
            at_once(wanted)
            if len(self.answers) == 1 and host.clock >= started + seconds:
                host.write(SERIAL, "vol1\n")

        started = host.clock
        host.sleep = sleep  # type: ignore[method-assign, assignment] # this one host's clock


def attach(host: FakeHost, aws: FakeAws, volume_id: str = "vol-1") -> str:
    return attach_volume(cast("System", host), cast("Aws", aws), volume_id, "/dev/sdf")


def take(host: FakeHost, aws: FakeAws, allocation_id: str = "eipalloc-1") -> None:
    take_address(cast("System", host), cast("Aws", aws), allocation_id)


def test_a_volume_that_the_old_host_still_has_is_waited_for(fake_host: FakeHost) -> None:
    aws = FakeAws([IN_USE, IN_USE, DONE])
    aws.on_success(fake_host, 60)
    assert attach(fake_host, aws) == "/dev/nvme1n1"
    wanted = {"VolumeId": "vol-1", "InstanceId": "i-1", "Device": "/dev/sdf"}
    assert len(aws.asked) >= 3
    assert all(asked == ("AttachVolume", wanted) for asked in aws.asked)


def test_a_volume_that_is_never_let_go_ends_the_wait(fake_host: FakeHost) -> None:
    before = fake_host.clock
    with pytest.raises(Failure, match=r"data volume vol-1 is not attached: .*in use"):
        attach(fake_host, FakeAws([IN_USE]))
    assert fake_host.clock - before < 15 * 60, "the stack stops waiting for the signal then"


def test_a_volume_that_this_host_has_already_is_taken_as_soon_as_the_kernel_sees_it(
    fake_host: FakeHost,
) -> None:
    """A run that was killed may have attached it: EC2 then says that it is in use."""
    aws = FakeAws([IN_USE])
    aws.on_success(fake_host, 10)
    assert attach(fake_host, aws) == "/dev/nvme1n1"


def test_a_volume_that_the_kernel_never_sees_ends_the_wait_in_time(fake_host: FakeHost) -> None:
    aws = FakeAws([IN_USE] * 30 + [DONE])
    before = fake_host.clock
    with pytest.raises(Failure, match="data volume vol-1 is not attached"):
        attach(fake_host, aws)
    assert fake_host.clock - before < 15 * 60


def test_a_volume_without_an_id_is_somebody_elses_to_attach(fake_host: FakeHost) -> None:
    with pytest.raises(Failure, match="data volume /dev/sdf is not attached"):
        attach(fake_host, FakeAws([DENIED]), volume_id="")


def test_a_refusal_is_not_tried_again(fake_host: FakeHost) -> None:
    aws = FakeAws([DENIED])
    with pytest.raises(Failure, match="UnauthorizedOperation"):
        attach(fake_host, aws)
    assert len(aws.asked) == 1


def test_a_volume_that_is_there_is_left_alone(fake_host: FakeHost) -> None:
    fake_host.write(SERIAL, "vol1\n")
    aws = FakeAws([DENIED])
    assert attach(fake_host, aws) == "/dev/nvme1n1"
    assert aws.asked == []


def test_the_address_is_taken_from_whoever_has_it_once_a_boot(fake_host: FakeHost) -> None:
    aws = FakeAws([DONE])
    take(fake_host, aws)
    take(fake_host, aws)
    take(fake_host, aws, allocation_id="")
    assert aws.asked == [
        (
            "AssociateAddress",
            {"AllocationId": "eipalloc-1", "InstanceId": "i-1", "AllowReassociation": "true"},
        )
    ]


def test_an_address_that_cannot_be_taken_fails_the_boot_and_is_tried_again(
    fake_host: FakeHost,
) -> None:
    with pytest.raises(Failure, match="the address eipalloc-1 is not ours: UnauthorizedOperation"):
        take(fake_host, FakeAws([DENIED]))
    aws = FakeAws([DONE])
    take(fake_host, aws)
    assert len(aws.asked) == 1


def test_an_instance_that_ec2_does_not_count_as_running_yet_asks_again(
    fake_host: FakeHost,
) -> None:
    pending = Answer(400, {}, b"<Code>InvalidInstanceID</Code><Message>pending</Message>")
    aws = FakeAws([pending, DONE])
    take(fake_host, aws)
    assert len(aws.asked) == 2
