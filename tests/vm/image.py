"""The disk that the machine starts from: a Debian as on EC2, made without loop mounts.

::

    mmdebstrap -> rootfs.tar -> a folder, under fakeroot -> mke2fs -d -> partition in disk.img

It is kept by a hash of its recipe. Its parts are those of Debian's own image for EC2 as far
as they matter here: the cloud kernel, systemd-networkd, cloud-init without a data source
chosen for it, and an ssh server. (Not netplan, which warns of the file that Debian's
cloud-init itself writes for it.) What it has besides is the way to the local cloud: two
sockets on the machine's own loopback, which lead to a neighbour.
"""

import hashlib
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from vm.tools import run

SUITE = "bookworm"
SYSTEM = (
    *("linux-image-cloud-amd64", "initramfs-tools", "systemd-sysv", "udev", "dbus"),
    *("cloud-init", "cloud-guest-utils", "fdisk", "gdisk", "e2fsprogs", "isc-dhcp-client"),
    *("systemd-resolved", "iproute2", "netbase", "openssh-server"),
    *("ca-certificates", "curl", "procps", "python3", "sudo"),
)
"""What is on the disk in any case."""

ENGINE = ("docker.io", "apparmor", "iptables", "nftables", "conntrack")
"""What the host agent would install; on the disk of the machine that has it already."""

ENDPOINT_PORT = 4566
REGISTRY_PORT = 5000
"""Ports of the guest's loopback: of the local cloud, and of the registry."""

NEIGHBOUR = "172.31.0.3"
"""The address in the guest's network behind which both are."""

PARTITION_START = 1024 * 1024
PARTITION_SIZE = 2 * 1024**3
DISK_SIZE = PARTITION_START + PARTITION_SIZE + 1024 * 1024
"""Bytes. The partition begins and ends on a mebibyte."""

TABLE = b"label: gpt\nstart=1MiB, size=2GiB, type=linux, name=root\n"
KEPT_OUT = ("/usr/share/man/*", "/usr/share/doc/*", "/usr/share/locale/*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A disk and what starts it.

    Attributes:
        disk: Raw disk with one partition, to be copied before it is used.
        kernel: Kernel of the disk.
        initrd: Its initial file system.
        key: Private ssh key that root's account on the disk accepts.
    """

    disk: Path
    kernel: Path
    initrd: Path
    key: Path


def cache_folder() -> Path:
    """Return the folder that keeps disks from one run to the next."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "cdinfra" / "vm"


def load_image(*, with_engine: bool) -> Image:
    """Return the disk, built where there is none of this recipe yet; a minute or two.

    Args:
        with_engine: Whether Docker is on it.

    Raises:
        FailedProgramError: It cannot be built.
    """
    packages = (*SYSTEM, *(ENGINE if with_engine else ()))
    text = repr((packages, sorted(FILES.items()), SETUP, TABLE, KEPT_OUT, DISK_SIZE))
    folder = cache_folder() / hashlib.sha256(text.encode()).hexdigest()[:16]
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder.parent, prefix="new-") as name:
            build_image(Path(name), packages)
            # Whole or not at all; what another run has put there meanwhile will do as well.
            if not folder.exists():
                shutil.move(name, folder)
                Path(name).mkdir()
    return Image(
        disk=folder / "disk.img",
        kernel=folder / "vmlinuz",
        initrd=folder / "initrd.img",
        key=folder / "id_ed25519",
    )


def build_image(folder: Path, packages: tuple[str, ...]) -> None:
    """Build a disk in a folder."""
    key = folder / "id_ed25519"
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "root", "-f", key)
    public = key.with_suffix(".pub").read_text(encoding="utf-8")
    added = {**FILES, "/root/.ssh/authorized_keys": public}
    archive, tree, owners = folder / "rootfs.tar", folder / "tree", folder / "owners"
    run(*_bootstrap(folder, added, packages, archive), seconds=1200)
    tree.mkdir()
    run("fakeroot", "-s", owners, "tar", "-xf", archive, "-C", tree)
    for wanted, kept in (("vmlinuz", "vmlinuz"), ("initrd.img", "initrd.img")):
        (found,) = (tree / "boot").glob(f"{wanted}-*")
        shutil.copyfile(found, folder / kept)
    disk = folder / "disk.img"
    with disk.open("wb") as file:
        file.truncate(DISK_SIZE)
    run("sfdisk", "--quiet", disk, stdin=TABLE)
    blocks = str(PARTITION_SIZE // 4096)
    options = ("-q", "-F", "-t", "ext4", "-b", "4096", "-L", "root", "-m", "0")
    place = ("-E", f"offset={PARTITION_START}")
    run("fakeroot", "-i", owners, "mke2fs", *options, *place, "-d", tree, disk, blocks)
    archive.unlink()
    owners.unlink()
    for used in (tree, folder / "files"):
        shutil.rmtree(used)


def _bootstrap(
    folder: Path, added: Mapping[str, str], packages: tuple[str, ...], archive: Path
) -> list[str | Path]:
    """Return the call of mmdebstrap; each file goes to it through a file beside the archive."""
    hooks = []
    sources = folder / "files"
    sources.mkdir()
    for number, (path, content) in enumerate(sorted(added.items())):
        source = sources / str(number)
        source.write_text(content, encoding="utf-8")
        hooks += [f'mkdir -p "$1{Path(path).parent}"', f"upload {source} {path}"]
    hooks += [f'chroot "$1" sh -euc "{SETUP}"']
    return [
        *("mmdebstrap", "--variant=minbase", f"--include={','.join(packages)}"),
        *("--aptopt=Apt::Install-Recommends false", "--aptopt=Acquire::Languages none"),
        "--dpkgopt=force-unsafe-io",
        # Who is not root may not mount a /dev on every machine, and the system's own does.
        *(() if os.geteuid() == 0 else ("--skip=chroot/mount/dev",)),
        *(f"--dpkgopt=path-exclude={pattern}" for pattern in KEPT_OUT),
        *(f"--customize-hook={hook}" for hook in hooks),
        SUITE,
        archive,
    ]


def _proxy_units(name: str, port: int) -> dict[str, str]:
    """Return the units that lead a port of the guest's loopback to the neighbour."""
    folder = "/etc/systemd/system"
    proxy = f"/lib/systemd/systemd-socket-proxyd {NEIGHBOUR}:{port}"
    return {
        f"{folder}/{name}.socket": f"[Socket]\nListenStream=127.0.0.1:{port}\n",
        f"{folder}/{name}.service": f"[Service]\nExecStart={proxy}\n",
    }


FILES = {
    "/etc/fstab": "LABEL=root / ext4 rw,discard,errors=remount-ro 0 1\n",
    "/etc/hostname": "localhost\n",
    # As on Debian's image; without it cloud-init makes an English one.
    "/etc/default/locale": "LANG=C.UTF-8\n",
    "/etc/cdinfra/endpoint": f"http://127.0.0.1:{ENDPOINT_PORT}\n",
    **_proxy_units("local-cloud", ENDPOINT_PORT),
    **_proxy_units("local-registry", REGISTRY_PORT),
}
"""What is written on every disk, by path."""

SETUP = (
    "systemctl enable -q systemd-networkd.service;"
    "systemctl add-wants -q sockets.target local-cloud.socket local-registry.socket;"
    "chmod 700 /root/.ssh; chmod 600 /root/.ssh/authorized_keys;"
    "rm -f /etc/machine-id /var/lib/dbus/machine-id /etc/ssh/ssh_host_*; : > /etc/machine-id"
)
"""What is done on every disk, by the shell."""
