"""How much disk a host has to have free before its agent pulls an image; pure."""

from collections.abc import Mapping
from typing import Any

from cdinfra.deploy.user_data_settings import host_setting
from cdinfra.deploy.user_data_spelling import readable_user_data

LAUNCH_TEMPLATE = "AWS::EC2::LaunchTemplate"
SETTING = "container.free"
"""Where the agent's settings say it. Source: ``docs/hosts.md``, ``disk_free_mebibytes``."""


def disk_floor(document: Mapping[str, Any] | None) -> int | None:
    """Return the free space in MiB below which hosts pull no image; None where nobody knows.

    Args:
        document: The deployed template of their stack; None where it cannot be read.
    """
    for resource in (document or {}).get("Resources", {}).values():
        if resource.get("Type") != LAUNCH_TEMPLATE:
            continue
        data = resource.get("Properties", {}).get("LaunchTemplateData", {})
        text = data.get("UserData")
        if isinstance(text, str):
            found = host_setting(readable_user_data(text), SETTING)
            return int(found) if found.isdigit() else None
    return None
