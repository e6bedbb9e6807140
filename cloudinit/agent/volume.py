"""The data volume: an EBS volume that outlives the host, mounted before any container runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cdinfra.cloudinit.agent.routes import must
from cdinfra.cloudinit.agent.system import Failure

if TYPE_CHECKING:
    from cdinfra.cloudinit.agent.system import System

DISKS = "/sys/class/block"
FSTAB = "/etc/fstab"


def is_mounted(system: System, volume: dict[str, Any]) -> bool:
    """Return whether the data volume is where it should be."""
    return system.run(["mountpoint", "-q", volume["mount_point"]]).code == 0


def mount_data_volume(system: System, volume: dict[str, Any], device: str) -> None:
    """Mount the data volume, and make a filesystem on it if it holds nothing at all."""
    point = volume["mount_point"]
    if is_blank(system, device):
        system.say(f"making a filesystem on {device}")
        must(system, [f"mkfs.{volume['filesystem']}", "-q", device], timeout=1800)
    uuid = must(system, ["blkid", "-p", "-s", "UUID", "-o", "value", device]).strip()
    options = "defaults,nofail,x-systemd.device-timeout=300"
    line = f"UUID={uuid} {point} {volume['filesystem']} {options} 0 2"
    fstab = system.path(FSTAB)
    text = fstab.read_text(encoding="utf-8") if fstab.exists() else ""
    kept = [old for old in text.splitlines() if old.split()[1:2] != [point]]
    fstab.write_text("\n".join([*kept, line, ""]), encoding="utf-8")
    system.path(point).mkdir(parents=True, exist_ok=True)
    must(system, ["systemctl", "daemon-reload"])
    must(system, ["mount", point], timeout=600)


def fill_volume(system: System, volume: dict[str, Any]) -> None:
    """Let the filesystem take all of a volume that has grown; the host goes on if it cannot.

    Source: EBS user guide, "Extend the file system after resizing an EBS volume".
    """
    point = volume["mount_point"]
    argv = ["xfs_growfs", point]
    if volume["filesystem"] == "ext4":
        argv = ["resize2fs", system.run(["findmnt", "-no", "SOURCE", point]).output.strip()]
    ran = system.run(argv, timeout=600)
    if ran.code != 0:
        system.say(ran.errors)


def is_blank(system: System, device: str) -> bool:
    """Return whether a device holds nothing that anybody could miss.

    Source: blkid(8), "EXIT STATUS": 2 is nothing found, 8 is too much found.
    """
    ran = system.run(["blkid", "-p", device])
    if ran.code not in (0, 2):
        raise Failure(f"cannot tell what is on {device}: {ran.errors.strip() or ran.code}")
    return ran.code == 2


def find_device(system: System, wanted: str, volume_id: str) -> str:
    """Find the volume by its id, or by the name under which it was attached.

    On Nitro instances the kernel names devices as it likes; the serial number is the
    volume's id without the hyphen.

    Source: EC2 user guide, "Map Amazon EBS volumes to NVMe device names".
    """
    for file in system.path(DISKS).glob("nvme*n1/device/serial"):
        if volume_id and file.read_text().strip() == volume_id.replace("-", ""):
            return f"/dev/{file.parts[-3]}"
    names = (wanted, wanted.replace("/dev/sd", "/dev/xvd"))
    return next((name for name in names if system.path(name).exists()), "")
