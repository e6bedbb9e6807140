"""What a fixed host takes over from the one before it: its data volume and its address.

Both belong to the stack and are named by the host's tags. The host attaches them itself,
since nothing in CloudFormation can attach anything to a host of an Auto Scaling group.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdinfra.cloudinit.agent.aws import reason_in
from cdinfra.cloudinit.agent.system import Failure
from cdinfra.cloudinit.agent.volume import find_device

if TYPE_CHECKING:
    from cdinfra.cloudinit.agent.aws import Aws
    from cdinfra.cloudinit.agent.system import System

TAKEOVER_WAIT = 600
ADDRESS_FILE = "/run/cdinfra-address"
NOT_YET = ("VolumeInUse", "Incorrect", "InvalidInstanceID")
"""The old host still has the volume, or EC2 does not count this one as running yet.

Source: EC2 API reference, "Error codes".
"""


def attach_volume(system: System, aws: Aws, volume_id: str, wanted: str) -> str:
    """Attach the data volume, once the host before this one has let it go.

    Without an id somebody else attaches it.

    Returns:
        Its device.
    """
    until = system.now() + TAKEOVER_WAIT
    form = {"VolumeId": volume_id, "Device": wanted}
    while True:
        device = find_device(system, wanted, volume_id)
        if device:
            return device
        why = ask(aws, "AttachVolume", form) if volume_id else ""
        pause(system, until, f"the data volume {volume_id or wanted} is not attached", why)


def take_address(system: System, aws: Aws, allocation_id: str) -> None:
    """Take the Elastic IP, from another host if need be, once a boot.

    Only once, so that a host on its way out does not take it back from the next one.
    """
    taken = system.path(ADDRESS_FILE)
    if not allocation_id or taken.exists():
        return
    until = system.now() + TAKEOVER_WAIT
    form = {"AllocationId": allocation_id, "AllowReassociation": "true"}
    while why := ask(aws, "AssociateAddress", form):
        pause(system, until, f"the address {allocation_id} is not ours", why)
    taken.touch()


def pause(system: System, until: float, what: str, why: str) -> None:
    """Wait a little, unless it is too late or EC2 refuses for good."""
    if system.now() >= until or (why and not any(code in why for code in NOT_YET)):
        raise Failure(f"{what}: {why}")
    system.sleep(5)


def ask(aws: Aws, action: str, form: dict[str, str]) -> str:
    """Ask EC2 to do something to this instance; return why it does not, if so.

    Source: EC2 API reference, AttachVolume and AssociateAddress.
    """
    wanted = {**form, "InstanceId": aws.metadata.instance_id()}
    answer = aws.query("ec2", action, "2016-11-15", wanted)
    return "" if answer.status == 200 else reason_in(answer)
