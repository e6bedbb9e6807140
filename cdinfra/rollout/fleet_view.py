"""The hosts of a deploy group, as EC2 lists them."""

from cdinfra.aws.cloud import Aws
from cdinfra.aws.hosts import Host
from cdinfra.rollout.group import DeployGroup


class AwsFleetView:
    """Lists the hosts of one deploy group.

    Args:
        aws: The group's place.
        group: The deploy group.
    """

    def __init__(self, aws: Aws, group: DeployGroup) -> None:
        self._aws = aws
        self._group = group

    def list_hosts(self) -> tuple[Host, ...]:
        """Return the hosts of the group that are not terminated, whatever their state.

        Raises:
            CloudError: EC2 cannot be asked.
        """
        found = self._aws.hosts.describe_hosts(self._group.app, self._group.env)
        return tuple(each for each in found if each.deploy_group == self._group.name)
