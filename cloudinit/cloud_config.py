"""A cloud-config document as typed values, so that no YAML is ever put together from strings.

Source: docs.cloud-init.io, "Module reference".
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from cdinfra.cloudinit.checks import Checks
from cdinfra.cloudinit.yaml_text import to_yaml

HEADER = "#cloud-config\n"
"""The first line by which cloud-init knows a cloud-config document."""

_PERMISSIONS = re.compile(r"0?[0-7]{3,4}")
_OWNER = re.compile(r"[a-z_][a-z0-9_-]{0,31}(:[a-z_][a-z0-9_-]{0,31})?")
_USER_NAME = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_HOSTNAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_TIMEZONE = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*")
_PACKAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9+._:~=-]*")

PACKAGE_HINT = "a package name such as htop"
"""What a package may be called, for error messages."""


class FileEncoding(StrEnum):
    """How the content of a file is written in the document."""

    PLAIN = "text/plain"
    BASE64 = "b64"
    GZIP_BASE64 = "gz+b64"


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteFile:
    """A file for cloud-init to write.

    Attributes:
        path: Absolute path on the host.
        content: What to write, encoded as ``encoding`` says.
        permissions: Mode in octal digits.
        owner: ``user`` or ``user:group``.
        encoding: How ``content`` is encoded.
        defer: Write it last, after users and packages exist.
    """

    path: str
    content: str
    permissions: str = "0644"
    owner: str = "root:root"
    encoding: str = FileEncoding.PLAIN
    defer: bool = False

    def __post_init__(self) -> None:
        """Check every field."""
        checks = Checks("write_files")
        checks.absolute_path("path", self.path)
        checks.text("content", self.content)
        checks.matches("permissions", self.permissions, _PERMISSIONS, "octal, such as 0644")
        checks.matches("owner", self.owner, _OWNER, "user or user:group")
        checks.one_of("encoding", self.encoding, tuple(FileEncoding))
        checks.done()

    def to_document(self) -> dict[str, Any]:
        """Return the entry of ``write_files``, without what is cloud-init's default."""
        entry = {"path": self.path, "permissions": self.permissions}
        optional = {
            "owner": (self.owner, "root:root"),
            "encoding": (str(self.encoding), FileEncoding.PLAIN),
            "defer": (self.defer, False),
        }
        changed = {key: value for key, (value, default) in optional.items() if value != default}
        return {**entry, **changed, "content": self.content}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """A line of ``/etc/fstab``.

    Attributes:
        device: Device, ``LABEL=…`` or ``UUID=…``.
        mount_point: Absolute path, or ``none`` for swap.
        filesystem: Type of the filesystem.
        options: Mount options.
    """

    device: str
    mount_point: str
    filesystem: str = "auto"
    options: str = "defaults,nofail"

    def __post_init__(self) -> None:
        """Check every field; a blank would start the next field of fstab."""
        checks = Checks("mounts")
        if self.mount_point != "none":
            checks.absolute_path("mount_point", self.mount_point)
        for name in ("device", "mount_point", "filesystem", "options"):
            checks.matches(name, getattr(self, name), re.compile(r"[!-~]+"), "no blanks")
        checks.done()

    def to_document(self) -> list[str]:
        """Return the entry of ``mounts``."""
        return [self.device, self.mount_point, self.filesystem, self.options, "0", "2"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskSetup:
    """A partition table to make.

    Attributes:
        device: The disk.
        table_type: ``gpt`` or ``mbr``.
        layout: True makes one partition of the whole disk.
        overwrite: Whether to replace a table that is there: this destroys what it holds.
    """

    device: str
    table_type: str = "gpt"
    layout: bool = True
    overwrite: bool = False

    def __post_init__(self) -> None:
        """Check every field."""
        checks = Checks("disk_setup")
        checks.absolute_path("device", self.device)
        checks.one_of("table_type", self.table_type, ("gpt", "mbr"))
        checks.done()


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesystemSetup:
    """A filesystem to make where there is none.

    Attributes:
        device: The disk or partition.
        filesystem: ``ext4``, ``xfs`` or ``btrfs``.
        label: Label of the filesystem.
        partition: ``auto``, ``any`` or ``none``.
        overwrite: Whether to replace a filesystem that is there: this destroys what it holds.
    """

    device: str
    filesystem: str = "ext4"
    label: str | None = None
    partition: str = "auto"
    overwrite: bool = False

    def __post_init__(self) -> None:
        """Check every field."""
        checks = Checks("fs_setup")
        checks.absolute_path("device", self.device)
        checks.one_of("filesystem", self.filesystem, ("ext4", "xfs", "btrfs"))
        checks.one_of("partition", self.partition, ("auto", "any", "none"))
        if self.label is not None:
            checks.matches(
                "label", self.label, re.compile(r"[A-Za-z0-9_.-]{1,12}"), "up to 12 characters"
            )
        checks.done()

    def to_document(self) -> dict[str, Any]:
        """Return the entry of ``fs_setup``."""
        label = {} if self.label is None else {"label": self.label}
        return {
            **label,
            "filesystem": self.filesystem,
            "device": self.device,
            "partition": self.partition,
            "overwrite": self.overwrite,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A user of the host, without a password.

    Attributes:
        name: Login name.
        groups: Further groups.
        shell: Login shell.
        sudo: A sudoers rule, such as ``ALL=(ALL) NOPASSWD:ALL``; None gives no sudo.
        ssh_authorized_keys: Public keys that may log in.
    """

    name: str
    groups: tuple[str, ...] = ()
    shell: str = "/bin/bash"
    sudo: str | None = None
    ssh_authorized_keys: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check every field."""
        checks = Checks("users")
        checks.matches("name", self.name, _USER_NAME, "lower-case letters, digits, _ and -")
        for group in self.groups:
            checks.matches("groups", group, _USER_NAME, "lower-case letters, digits, _ and -")
        checks.absolute_path("shell", self.shell)
        check_keys(checks, self.ssh_authorized_keys)
        if self.sudo is not None:
            checks.matches("sudo", self.sudo, re.compile(r"[ -~]+"), "one line of ASCII")
        checks.done()

    def to_document(self) -> dict[str, Any]:
        """Return the entry of ``users``."""
        return _without_empty(
            {
                "name": self.name,
                "groups": list(self.groups),
                "shell": self.shell,
                "sudo": self.sudo,
                "ssh_authorized_keys": list(self.ssh_authorized_keys),
                "lock_passwd": True,
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeRule:
    """How this document is merged onto those before it.

    Attributes:
        name: ``list``, ``dict`` or ``str``.
        settings: Such as ``append`` for lists or ``no_replace`` for dicts.
    """

    name: str
    settings: tuple[str, ...]

    def to_document(self) -> dict[str, Any]:
        """Return the entry of ``merge_how``."""
        return {"name": self.name, "settings": list(self.settings)}


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudConfig:
    """A cloud-config document.

    Commands are lists of arguments, never lines for a shell.

    Attributes:
        hostname: Name of the host.
        timezone: Such as ``Europe/Berlin``.
        package_update: Whether to refresh the package lists.
        package_upgrade: Whether to upgrade what is installed.
        packages: Packages to install.
        users: Users to make, beside the image's default user.
        ssh_authorized_keys: Public keys of the default user.
        disk_setup: Partition tables to make.
        fs_setup: Filesystems to make.
        mounts: Lines of ``/etc/fstab``.
        write_files: Files to write.
        bootcmd: Commands early in every boot.
        runcmd: Commands at the end of the first boot.
        merge_how: How to merge onto the documents before it.
    """

    hostname: str | None = None
    timezone: str | None = None
    package_update: bool | None = None
    package_upgrade: bool | None = None
    packages: tuple[str, ...] = ()
    users: tuple[User, ...] = ()
    ssh_authorized_keys: tuple[str, ...] = ()
    disk_setup: tuple[DiskSetup, ...] = ()
    fs_setup: tuple[FilesystemSetup, ...] = ()
    mounts: tuple[Mount, ...] = ()
    write_files: tuple[WriteFile, ...] = ()
    bootcmd: tuple[tuple[str, ...], ...] = ()
    runcmd: tuple[tuple[str, ...], ...] = ()
    merge_how: tuple[MergeRule, ...] = field(default=())

    def __post_init__(self) -> None:
        """Check every field."""
        checks = Checks("cloud_config")
        if self.hostname is not None:
            checks.matches("hostname", self.hostname, _HOSTNAME, "letters, digits, - and .")
        if self.timezone is not None:
            checks.matches("timezone", self.timezone, _TIMEZONE, "such as Europe/Berlin")
        check_packages(checks, self.packages)
        check_keys(checks, self.ssh_authorized_keys)
        check_commands(checks, "bootcmd", self.bootcmd)
        check_commands(checks, "runcmd", self.runcmd)
        checks.unique("users", [user.name for user in self.users])
        checks.unique("write_files", [file.path for file in self.write_files])
        checks.done()

    def to_document(self) -> dict[str, Any]:
        """Return the document as plain values, without what is not set."""
        disks = {
            disk.device: {
                "table_type": disk.table_type,
                "layout": disk.layout,
                "overwrite": disk.overwrite,
            }
            for disk in self.disk_setup
        }
        users = [user.to_document() for user in self.users]
        return _without_empty(
            {
                "merge_how": [rule.to_document() for rule in self.merge_how],
                "hostname": self.hostname,
                "timezone": self.timezone,
                "package_update": self.package_update,
                "package_upgrade": self.package_upgrade,
                "packages": list(self.packages),
                "users": ["default", *users] if users else [],
                "ssh_authorized_keys": list(self.ssh_authorized_keys),
                "disk_setup": disks,
                "fs_setup": [filesystem.to_document() for filesystem in self.fs_setup],
                "mounts": [mount.to_document() for mount in self.mounts],
                "write_files": [file.to_document() for file in self.write_files],
                "bootcmd": [list(command) for command in self.bootcmd],
                "runcmd": [list(command) for command in self.runcmd],
            }
        )

    def render(self) -> str:
        """Return the document as text that starts with ``#cloud-config``."""
        return HEADER + to_yaml(self.to_document())


def check_packages(checks: Checks, packages: tuple[str, ...]) -> None:
    """Note packages whose name could be an option or anything but a name."""
    for package in packages:
        checks.matches("packages", package, _PACKAGE, PACKAGE_HINT)


def check_keys(checks: Checks, keys: tuple[str, ...]) -> None:
    """Note ssh keys that are not one line of ASCII."""
    for key in keys:
        hint = "one line, such as ssh-ed25519 AAAA… name"
        checks.matches("ssh_authorized_keys", key, re.compile(r"[a-z][ -~]+"), hint)


def check_commands(checks: Checks, name: str, commands: tuple[tuple[str, ...], ...]) -> None:
    """Note commands that are no non-empty lists of text."""
    for command in commands:
        if not isinstance(command, tuple | list) or not command:
            checks.add(name, f"{command!r} is not allowed", 'a tuple, such as ("touch", "/x")')
            continue
        for word in command:
            checks.text(name, word)


def _without_empty(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if value not in (None, [], {})}
