"""What a change of user data comes to, as frozen values."""

from dataclasses import dataclass
from enum import StrEnum


class UserDataEffect(StrEnum):
    """What becomes of the hosts that a change of user data is for."""

    HOSTS_REPLACED = "hosts replaced in turn"
    ONLY_HOST_REPLACED = "only host replaced"
    GROUP_REPLACED = "group replaced"
    INSTANCE_REPLACED = "instance replaced"
    RESTARTED = "stopped and started"
    NEXT_LAUNCH = "next launch"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserDataTarget:
    """A group or an instance that has the user data.

    Attributes:
        logical_id: Name in the template.
        effect: What becomes of it.
    """

    logical_id: str
    effect: UserDataEffect


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingChange:
    """One thing that user data says, before and after.

    Attributes:
        name: For example ``file /etc/docker/daemon.json``, ``packages``, ``runcmd``, or
            ``host container.create.Env.LOG_LEVEL`` for a setting of the host agent.
        before: What it says now; None where it says nothing.
        after: What it says then; None where it says nothing.
        every_boot: cloud-init looks at it at every boot of a host, not at the first alone.
    """

    name: str
    before: str | None
    after: str | None
    every_boot: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UserDataChange:
    """The changed user data of one resource.

    Attributes:
        logical_id: Name of the resource that has it: a launch template, an instance.
        settings: What changes in it.
        targets: What that means, for each group or instance; none where nothing uses it.
    """

    logical_id: str
    settings: tuple[SettingChange, ...]
    targets: tuple[UserDataTarget, ...]
