"""Several regions and accounts behind the interface of one.

Each place has a connection of its own, made when it is first needed; the calls of all of
them share one budget, because they are made for one person at one desk.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import chain

from cdinfra.aws.account import Account
from cdinfra.aws.cloud import (
    AccountApi,
    Aws,
    CommandApi,
    HostApi,
    HostLogApi,
    ImageApi,
    InstanceConnectApi,
    ScalingGroupApi,
    StackApi,
    StorageApi,
    TaggedResourceApi,
    TargetGroupApi,
)
from cdinfra.aws.hosts import Host, by_group
from cdinfra.aws.routed_stacks import RoutedStacks
from cdinfra.aws.ssm_parameters import SsmParameterApi
from cdinfra.aws.tagged_resources import TaggedResource
from cdinfra.aws.topics import TopicApi
from cdinfra.errors import CloudError
from cdinfra.model import HOME, Place


def route(aws: Aws, stacks: Mapping[str, Place], further: Iterable[Place] = ()) -> Aws:
    """Return a cloud whose stacks may be in several places.

    Args:
        aws: The app's own place.
        stacks: Where each stack is, by CloudFormation name.
        further: Places to look in besides.
    """
    places = tuple(dict.fromkeys((HOME, *stacks.values(), *further)))
    return aws if places == (HOME,) else RoutedAws(aws, places, stacks)


class RoutedAws:
    """An app's own place and further ones; satisfies :class:`cdinfra.aws.cloud.Aws`.

    Args:
        home: The app's own place.
        places: All places, the own one first.
        stacks: Where each stack is, by CloudFormation name.
    """

    def __init__(self, home: Aws, places: tuple[Place, ...], stacks: Mapping[str, Place]) -> None:
        self._home = home
        self._places = places
        self._stacks_of_app = stacks
        self._connected: dict[Place, Aws] = {HOME: home}
        self.accounts: AccountApi = home.accounts
        self.stacks: StackApi = RoutedStacks(lambda: self._stacks, lambda: self._known)
        self.hosts: HostApi = _RoutedHosts(self)
        self.tagged_resources: TaggedResourceApi = _RoutedTaggedResources(self)

    @property
    def calls_per_second(self) -> float:
        """How often all places together may be asked."""
        return self._home.calls_per_second

    @property
    def storage(self) -> StorageApi:
        """S3 of the app's own place."""
        return self._home.storage

    @property
    def ssm_parameters(self) -> SsmParameterApi:
        """SSM parameters of the app's own place."""
        return self._home.ssm_parameters

    @property
    def topics(self) -> TopicApi:
        """SNS topics of the app's own place."""
        return self._home.topics

    @property
    def commands(self) -> CommandApi:
        """SSM Run Command of the app's own place."""
        return self._home.commands

    @property
    def target_groups(self) -> TargetGroupApi:
        """Target groups of the app's own place."""
        return self._home.target_groups

    @property
    def scaling_groups(self) -> ScalingGroupApi:
        """Auto Scaling groups of the app's own place."""
        return self._home.scaling_groups

    @property
    def images(self) -> ImageApi:
        """Images in ECR of the app's own place."""
        return self._home.images

    @property
    def host_logs(self) -> HostLogApi:
        """What hosts of the app's own place wrote."""
        return self._home.host_logs

    @property
    def instance_connect(self) -> InstanceConnectApi:
        """Keys for ssh to hosts of the app's own place."""
        return self._home.instance_connect

    def renew(self) -> None:
        """Forget the sessions of all places, so that the credentials are read anew."""
        for each in self._connected.values():
            each.renew()

    def environment(self, own: Mapping[str, str]) -> dict[str, str]:
        """Return the environment with which another program reaches the app's own place."""
        return self._home.environment(own)

    def at(self, place: Place) -> Aws:
        """Return the services of one place."""
        if place not in self._connected:
            self._connected[place] = self._home.at(place)
        return self._connected[place]

    def each_place(self) -> tuple[Aws, ...]:
        """Return the services of every place, each alone."""
        return tuple(self.by_account.values())

    def of_stack(self, stack_id: str) -> Aws:
        """Return the services of the place that a stack is in, by its ARN.

        Raises:
            CloudError: That is no place of the app.
        """
        place = Account.of_arn(stack_id)
        if place not in self.by_account:
            raise CloudError(f"{stack_id} is in {place}, which is no place of this app")
        return self.by_account[place]

    @cached_property
    def by_account(self) -> Mapping[Account, Aws]:
        """The services of each place, by account and region; one that is named twice is once."""
        home = self.accounts.describe_account()
        found: dict[Account, Aws] = {}
        for place in self._places:
            found.setdefault(home.at(place), self.at(place))
        return found

    @cached_property
    def _stacks(self) -> Mapping[Account, StackApi]:
        return {account: aws.stacks for account, aws in self.by_account.items()}

    @cached_property
    def _known(self) -> Mapping[str, Account]:
        home = self.accounts.describe_account()
        return {name: home.at(place) for name, place in self._stacks_of_app.items()}


class _RoutedHosts:
    """The hosts of all places."""

    def __init__(self, aws: RoutedAws) -> None:
        self._aws = aws

    def describe_hosts(self, app: str, env: str) -> tuple[Host, ...]:
        """Return the hosts of an app in one environment, of all places."""
        clouds = self._aws.by_account.values()
        hosts = [host for each in clouds for host in each.hosts.describe_hosts(app, env)]
        return tuple(sorted(hosts, key=by_group))

    def create_tags(self, instance_ids: Sequence[str], tags: Mapping[str, str]) -> None:
        """Tag instances of the app's own place: which place another is in, its id says not."""
        self._aws.at(HOME).hosts.create_tags(instance_ids, tags)


class _RoutedTaggedResources:
    """What carries an app's tags, of all places."""

    def __init__(self, aws: RoutedAws) -> None:
        self._aws = aws

    def describe_tagged(self, app: str, env: str) -> tuple[TaggedResource, ...]:
        """Return the resources that carry the tags of an app in one environment."""
        clouds = self._aws.by_account.values()
        found = (each.tagged_resources.describe_tagged(app, env) for each in clouds)
        return tuple(chain.from_iterable(found))
