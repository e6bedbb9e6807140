"""Tags of hosts: by them a host knows what to run, and anybody finds it."""

from collections.abc import Mapping
from typing import Any

from troposphere import Ref, autoscaling

from cdinfra.errors import InvalidInputError, Problem
from cdinfra.stacks.builder import TemplateBuilder

DEPLOY_GROUP_TAG = "DeployGroup"
RELEASE_TAG = "cdinfra:release"
STACK_TAG = "cdinfra:stack"

MAXIMUM_TAGS = 50
"""Tags of one resource. Source: EC2 user guide, "Tag restrictions"."""


def static_tags(
    builder: TemplateBuilder, deploy_group: str, own: Mapping[str, str]
) -> dict[str, str]:
    """Return the tags that do not change with a release: hosts' and volumes'.

    Args:
        builder: The template under construction.
        deploy_group: Name of the deploy group.
        own: Tags of this stack's hosts; they win over the app's.

    Raises:
        InvalidInputError: The user's tags are too many, or one is ours to set.
    """
    users = {**builder.context.tags, **own}
    if DEPLOY_GROUP_TAG in users:
        hint = "set deploy_group instead"
        raise InvalidInputError(
            Problem(
                path=f"stacks/{builder.name}/tags/{DEPLOY_GROUP_TAG}",
                message="is set by the stack",
                hint=hint,
            )
        )
    tags = {
        "Name": builder.context.stack_name(builder.name),
        **builder.context.all_tags(),
        **own,
        DEPLOY_GROUP_TAG: deploy_group,
    }
    most = MAXIMUM_TAGS - 4
    if len(tags) > most:
        raise InvalidInputError(
            Problem(
                path=f"stacks/{builder.name}/tags",
                message=f"a host would have {len(tags)} tags",
                hint=f"at most {most}, ours included",
            )
        )
    return tags


def group_tags(tags: Mapping[str, Any]) -> autoscaling.Tags:
    """Return tags of a group that its hosts get at their launch.

    With the release among them, a host that is launched at any time boots the release
    that is current then.
    """
    everything = {**tags, RELEASE_TAG: Ref("Release"), STACK_TAG: Ref("AWS::StackName")}
    return autoscaling.Tags(**{key: (value, True) for key, value in everything.items()})
