"""Changed user data as lines: which file or setting, and what that means for the hosts."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from cdinfra.cli.render.changes import text_lines
from cdinfra.cli.render.style import faint, loud
from cdinfra.cli.render.words import printable
from cdinfra.deploy.user_data_change import SettingChange, UserDataChange, UserDataEffect

MEANINGS: Mapping[UserDataEffect, str] = MappingProxyType(
    {
        UserDataEffect.HOSTS_REPLACED: "its hosts are replaced in turn",
        UserDataEffect.ONLY_HOST_REPLACED: "its only host is replaced, and away meanwhile",
        UserDataEffect.GROUP_REPLACED: "the group is replaced, with all its hosts",
        UserDataEffect.INSTANCE_REPLACED: "the instance is replaced",
        UserDataEffect.RESTARTED: (
            "the instance is stopped and started again; it is replaced if its root is no EBS volume"
        ),
        UserDataEffect.NEXT_LAUNCH: "nothing now; hosts launched from now on have it",
        UserDataEffect.NOTHING: "nothing, it stays with another version of the launch template",
    }
)
"""What becomes of a group or an instance."""

_DISTURBING = frozenset(UserDataEffect) - {UserDataEffect.NEXT_LAUNCH, UserDataEffect.NOTHING}

ONCE = "(no effect: done at the first boot alone)"
"""Said of a setting of an instance that is only started again."""


def user_data_lines(change: UserDataChange) -> Iterator[str]:
    """Return what changes in user data, and what that means."""
    meanings = [f"{each.logical_id}: {MEANINGS[each.effect]}" for each in change.targets] or [
        "nothing in this stack uses it"
    ]
    disturbs = any(each.effect in _DISTURBING for each in change.targets)
    told = printable("; ".join(meanings))
    yield f"~ user data  {loud(told) if disturbs else faint(told)}"
    restarts = any(each.effect is UserDataEffect.RESTARTED for each in change.targets)
    for setting in change.settings:
        for line in _setting_lines(setting, restarts=restarts):
            yield "    " + line


def _setting_lines(setting: SettingChange, *, restarts: bool) -> Iterator[str]:
    note = faint(ONCE) if restarts and not setting.every_boot else ""
    yield from text_lines(setting.name, setting.before, setting.after, note)
