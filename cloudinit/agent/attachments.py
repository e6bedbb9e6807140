"""What a fixed host takes over from the one before it: its data volume and its address.

Both belong to the stack and are named by the host's tags. The host attaches them itself,
since nothing in CloudFormation can attach anything to a host of an Auto Scaling group.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdinfra.cloudinit.agent.aws import reason_in
from cdinfra.cloudinit.agent.system import Failure
from cdinfra.cloudinit.agent.volume import VOLUME_WAIT, find_device

if TYPE_CHECKING:
    from cdinfra.cloudinit.agent.aws import Aws
    from cdinfra.cloudinit.agent.system import System

STILL_THERE = ("VolumeInUse", "IncorrectState")


def attach_volume(system: System, aws: Aws, volume_id: str, device: str) -> None:
    """Attach the data volume, once the host before this one has let it go.

    Source: EC2 API reference, AttachVolume and "Error codes".
    """
    if volume_id and not find_device(system, device, volume_id):
        until = system.now() + VOLUME_WAIT
        form = {"VolumeId": volume_id, "Device": device}
        while reason := ask(aws, "AttachVolume", form):
            if system.now() >= until or not any(code in reason for code in STILL_THERE):
                raise Failure(f"{volume_id} cannot be attached: {reason}")
            system.sleep(2)


def take_address(aws: Aws, allocation_id: str) -> None:
    """Take the Elastic IP, from another host if need be.

    Source: EC2 API reference, AssociateAddress.
    """
    form = {"AllocationId": allocation_id, "AllowReassociation": "true"}
    if allocation_id and (reason := ask(aws, "AssociateAddress", form)):
        raise Failure(f"{allocation_id} cannot be attached: {reason}")


def ask(aws: Aws, action: str, form: dict[str, str]) -> str:
    """Ask EC2 to do something to this instance; return why it does not, if so."""
    wanted = {**form, "InstanceId": aws.metadata.instance_id()}
    answer = aws.query("ec2", action, "2016-11-15", wanted)
    return "" if answer.status == 200 else reason_in(answer)
