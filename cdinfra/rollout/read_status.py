"""Reads how a deploy group is: its stack, its Auto Scaling group, and what its hosts say."""

from dataclasses import replace

from cdinfra.aws.cloud import Aws
from cdinfra.deploy.clock import Clock
from cdinfra.deploy.host_survey import survey_hosts
from cdinfra.errors import CloudError
from cdinfra.model.release import RELEASE_PARAMETER
from cdinfra.rollout.group import DeployGroup
from cdinfra.rollout.group_stack import describe_group_stack, describe_scaling_group
from cdinfra.rollout.group_status import GroupStatus, group_status


def read_status(aws: Aws, group: DeployGroup, *, clock: Clock, timeout: float) -> GroupStatus:
    """Return how a deploy group is.

    Args:
        aws: The group's place.
        group: The deploy group.
        clock: What time it is, and how to wait.
        timeout: How long to wait for the hosts' answers, in seconds.

    Raises:
        CloudError: Its stack is gone, or the cloud cannot be asked.
    """
    stack = describe_group_stack(aws, group)
    scaling, note = None, ""
    try:
        scaling = describe_scaling_group(aws, stack)
    except CloudError as error:
        note = f"whether hosts are as their group launches them is not known: {error.message}"
    survey = survey_hosts(
        (aws,),
        app=group.app,
        env=group.env,
        deploy_group=group.name,
        clock=clock,
        timeout=timeout,
    )
    if note:
        survey = replace(survey, notes=(*survey.notes, note))
    return group_status(group, stack.parameters.get(RELEASE_PARAMETER, ""), scaling, survey)
