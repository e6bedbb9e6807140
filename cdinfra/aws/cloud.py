"""What the deployer needs of AWS, as protocols, and the real thing that satisfies them.

:class:`cdinfra.aws.fake.FakeAws` satisfies them too, without a network.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from cdinfra.aws.account import Account, Accounts
from cdinfra.aws.change_set import ChangeSet, ChangeSetId, ChangeSetRequest
from cdinfra.aws.cloudformation import CloudFormation
from cdinfra.aws.commands import Commands, Invocation, SentCommand
from cdinfra.aws.connection import Clients, Connection
from cdinfra.aws.drift import DriftDetection, ResourceDrift
from cdinfra.aws.host_logs import HostLogs, LogEvent
from cdinfra.aws.hosts import Host, Hosts
from cdinfra.aws.images import EcrName, ImageFacts, Images
from cdinfra.aws.instance_connect import InstanceConnect
from cdinfra.aws.scaling_groups import ScalingGroup, ScalingGroups
from cdinfra.aws.ssm_parameters import SsmParameterApi, SsmParameters
from cdinfra.aws.stack_arguments import ParameterUpdate
from cdinfra.aws.stacks import DeletedStack, StackDescription, StackEvent, StackResource
from cdinfra.aws.storage import Storage, StoredObject
from cdinfra.aws.tagged_resources import TaggedResource, TaggedResources
from cdinfra.aws.target_groups import Target, TargetGroups, TargetHealth
from cdinfra.aws.topics import TopicApi, Topics
from cdinfra.model import HOME, Place

CALLS_PER_SECOND = 5.0
"""How often the deployer asks an account, well below where CloudFormation begins to throttle.

AWS does not publish its limit; its own tools poll each stack every 5 seconds.
"""

LOCAL_CALLS_PER_SECOND = 100.0
"""How often it asks the local cloud, which nobody else needs."""


class StackApi(Protocol):
    """CloudFormation; see :class:`cdinfra.aws.cloudformation.CloudFormation`."""

    def describe_stack(self, stack: str) -> StackDescription | None:
        """Return a stack by name or ARN, or None if there is no such stack."""

    def describe_stacks(self) -> tuple[StackDescription, ...] | None:
        """Return every stack of the region, or None if the caller may not list them."""

    def list_deleted_stacks(self) -> tuple[DeletedStack, ...]:
        """Return the region's stacks that were deleted in the last 90 days."""

    def describe_events(self, stack_id: str) -> Iterator[StackEvent]:
        """Yield a stack's events, newest first."""

    def list_resources(self, stack: str) -> tuple[StackResource, ...]:
        """Return the resources of a stack."""

    def get_template(self, stack: str) -> Mapping[str, Any] | None:
        """Return a stack's template as JSON values, or None if it is YAML."""

    def describe_identifiers(self, resource_types: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
        """Return the properties that identify a resource, for each type that can be imported."""

    def create_change_set(self, request: ChangeSetRequest) -> ChangeSetId:
        """Ask for a change set."""

    def create_stack(self, request: ChangeSetRequest, token: str, *, minutes: int) -> str:
        """Start to create a stack that may take only so long; return its ARN."""

    def update_parameters(self, update: ParameterUpdate, token: str) -> bool:
        """Start to update a stack's parameters alone; False where nothing would change."""

    def get_stack_policy(self, stack: str) -> str:
        """Return a stack's policy as JSON; empty where it has none."""

    def set_stack_policy(self, stack: str, body: str) -> None:
        """Give a stack a policy, which binds every update from then on."""

    def set_termination_protection(self, stack: str, *, enabled: bool) -> None:
        """Switch a stack's termination protection on or off."""

    def describe_change_set(self, arn: str) -> ChangeSet:
        """Return a change set with all its changes."""

    def execute_change_set(self, arn: str, token: str) -> None:
        """Start what the change set says."""

    def delete_change_set(self, stack: str, name: str) -> None:
        """Delete a change set; one that is gone already is no error."""

    def delete_stack(
        self, stack_id: str, token: str, *, retained: Collection[str] = (), forced: bool = False
    ) -> None:
        """Start to delete a stack; one that is gone already is no error."""

    def cancel_update(self, stack_id: str, token: str) -> None:
        """Start to roll back an update that is under way."""

    def continue_rollback(
        self, stack_id: str, token: str, *, skipped: Collection[str] = ()
    ) -> None:
        """Start to finish the rollback of an update that failed."""

    def detect_drift(self, stack: str) -> str:
        """Start to compare a stack's resources with its template; return the detection's id."""

    def describe_drift_detection(self, detection_id: str) -> DriftDetection:
        """Return how far a detection is, and what it found of the stack."""

    def describe_resource_drifts(self, stack: str) -> tuple[ResourceDrift, ...]:
        """Return the resources of a stack that have drifted, as of the last detection."""


class HostApi(Protocol):
    """EC2's instances; see :class:`cdinfra.aws.hosts.Hosts`."""

    def describe_hosts(self, app: str, env: str) -> tuple[Host, ...]:
        """Return the hosts of an app in one environment."""

    def create_tags(self, instance_ids: Sequence[str], tags: Mapping[str, str]) -> None:
        """Give tags to instances, in place of those of the same name."""


class ScalingGroupApi(Protocol):
    """Auto Scaling groups; see :class:`cdinfra.aws.scaling_groups.ScalingGroups`."""

    def describe_scaling_groups(self, names: Sequence[str]) -> tuple[ScalingGroup, ...]:
        """Return Auto Scaling groups; one that does not exist is left out."""


class ImageApi(Protocol):
    """Images in ECR; see :class:`cdinfra.aws.images.Images`."""

    def find_repository(self, repository: str) -> EcrName | None:
        """Return a repository as ECR names it; None where it is of another registry."""

    def describe_uri(self, repository: EcrName) -> str:
        """Return what stands before tag or digest in the names of its images; empty for none."""

    def describe_image(self, repository: EcrName, reference: str) -> ImageFacts | None:
        """Return an image; None where the repository has none of that tag or digest."""

    def list_tags(self, repository: EcrName) -> tuple[str, ...]:
        """Return tags of a repository, in order."""


class CommandApi(Protocol):
    """SSM Run Command; see :class:`cdinfra.aws.commands.Commands`."""

    def describe_agents(self, instance_ids: Sequence[str]) -> Mapping[str, bool]:
        """Return whether the SSM agent of each host is online; without one it is left out."""

    def send_command(
        self, instance_ids: Sequence[str], script: str, *, seconds: int
    ) -> SentCommand:
        """Send a shell script to at most 50 hosts."""

    def list_invocations(self, command_id: str) -> tuple[Invocation, ...]:
        """Return what became of a command, on each host that has begun with it."""

    def get_output(self, command_id: str, instance_id: str) -> str:
        """Return what a command wrote on one host, up to 24,000 characters."""

    def cancel_command(self, command_id: str) -> None:
        """Call a command off where it has not ended; a host that has begun may go on."""


class TargetGroupApi(Protocol):
    """Target groups; see :class:`cdinfra.aws.target_groups.TargetGroups`."""

    def list_target_groups(self, scaling_groups: Sequence[str]) -> tuple[str, ...]:
        """Return the ARNs of the target groups that Auto Scaling groups register hosts with."""

    def describe_target_health(self, target_group: str) -> tuple[TargetHealth, ...]:
        """Return what a target group thinks of its targets."""

    def describe_delay(self, target_group: str) -> int:
        """Return for how many seconds a target that leaves a target group drains."""

    def register(self, target_group: str, targets: Sequence[Target]) -> None:
        """Have a target group send requests to targets, once it has found them healthy."""

    def deregister(self, target_group: str, targets: Sequence[Target]) -> None:
        """Have a target group send targets no new request."""


class HostLogApi(Protocol):
    """What hosts wrote; see :class:`cdinfra.aws.host_logs.HostLogs`."""

    def read_stream(self, log_group: str, stream: str, *, limit: int) -> tuple[str, ...]:
        """Return the last messages of a log stream, oldest first; none where there is none."""

    def filter_events(
        self, log_group: str, *, since: datetime, prefix: str = ""
    ) -> tuple[LogEvent, ...]:
        """Return the messages of a log group from a time on."""

    def read_console(self, instance_id: str) -> str:
        """Return the end of a host's console; empty where EC2 has none."""


class InstanceConnectApi(Protocol):
    """Keys for ssh; see :class:`cdinfra.aws.instance_connect.InstanceConnect`."""

    def send_key(self, instance_id: str, user: str, public_key: str) -> None:
        """Let a key into a host for a minute."""


class TaggedResourceApi(Protocol):
    """Tags of all services; see :class:`cdinfra.aws.tagged_resources.TaggedResources`."""

    def describe_tagged(self, app: str, env: str) -> tuple[TaggedResource, ...]:
        """Return the resources that carry the tags of an app in one environment."""


class AccountApi(Protocol):
    """The caller's account; see :class:`cdinfra.aws.account.Accounts`."""

    def describe_account(self) -> Account:
        """Return the account and region of the connection."""


class StorageApi(Protocol):
    """The app's bucket; see :class:`cdinfra.aws.storage.Storage`."""

    def put_template(self, bucket: str, key: str, body: str) -> str:
        """Store a template and return its address."""

    def get_object(self, bucket: str, key: str) -> bytes | None:
        """Return an object's bytes, or None where there is no such object."""

    def read_object(self, bucket: str, key: str, *, hurried: bool = False) -> StoredObject | None:
        """Return an object with what S3 says of it, or None where there is no such object."""

    def create_object(self, bucket: str, key: str, body: bytes, *, content_type: str) -> str | None:
        """Create an object and return its ETag; None where one is there already."""

    def replace_object(
        self, bucket: str, key: str, body: bytes, *, etag: str, hurried: bool = False
    ) -> str | None:
        """Replace an object that has an ETag and return the new one; None where it has not."""

    def list_keys(self, bucket: str, prefix: str, *, start_after: str = "") -> Iterator[str]:
        """Yield the keys that begin with a prefix, in order."""

    def empty_bucket(self, bucket: str) -> None:
        """Delete every object of a bucket, with all its versions."""

    def describe_bucket_region(self, bucket: str) -> str:
        """Return the region that a bucket is in."""


class Aws(Protocol):
    """One account and region, as far as the deployer needs it."""

    @property
    def calls_per_second(self) -> float:
        """How often it may be asked."""

    def renew(self) -> None:
        """Forget the session, so that the next call reads the credentials anew."""

    def environment(self, own: Mapping[str, str]) -> dict[str, str]:
        """Return the environment with which another program reaches this cloud."""

    @property
    def stacks(self) -> StackApi:
        """CloudFormation."""

    @property
    def hosts(self) -> HostApi:
        """EC2's instances."""

    @property
    def commands(self) -> CommandApi:
        """SSM Run Command."""

    @property
    def target_groups(self) -> TargetGroupApi:
        """Target groups of load balancers."""

    @property
    def scaling_groups(self) -> ScalingGroupApi:
        """Auto Scaling groups."""

    @property
    def images(self) -> ImageApi:
        """Images in ECR."""

    @property
    def host_logs(self) -> HostLogApi:
        """What hosts wrote."""

    @property
    def instance_connect(self) -> InstanceConnectApi:
        """Keys for ssh."""

    @property
    def tagged_resources(self) -> TaggedResourceApi:
        """Tags of all services."""

    @property
    def accounts(self) -> AccountApi:
        """The caller's account."""

    @property
    def storage(self) -> StorageApi:
        """The app's bucket."""

    @property
    def ssm_parameters(self) -> SsmParameterApi:
        """SSM parameters."""

    @property
    def topics(self) -> TopicApi:
        """SNS topics."""

    def at(self, place: Place) -> "Aws":
        """Return the services of another place, as seen from this one."""

    def each_place(self) -> "tuple[Aws, ...]":
        """Return the services of every place that this stands for, each alone."""

    def of_stack(self, stack_id: str) -> "Aws":
        """Return the services of the place that a stack is in, by its ARN."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectedAws:
    """The real services over one connection."""

    clients: Clients
    calls_per_second: float
    stacks: CloudFormation
    hosts: Hosts
    commands: Commands
    target_groups: TargetGroups
    scaling_groups: ScalingGroups
    images: Images
    host_logs: HostLogs
    instance_connect: InstanceConnect
    tagged_resources: TaggedResources
    accounts: Accounts
    storage: Storage
    ssm_parameters: SsmParameters
    topics: Topics

    def renew(self) -> None:
        """Forget the session, so that the next call reads the credentials anew."""
        self.clients.renew()

    def environment(self, own: Mapping[str, str]) -> dict[str, str]:
        """Return the environment with which another program reaches this cloud."""
        return self.clients.connection.environment(own)

    def at(self, place: Place) -> "ConnectedAws":
        """Return the services of another place, over a connection of its own."""
        return self if place == HOME else connect(self.clients.connection.at(place))

    def each_place(self) -> tuple["ConnectedAws", ...]:
        """Return this one, which is a single place."""
        return (self,)

    def of_stack(self, stack_id: str) -> "ConnectedAws":
        """Return this one, which is a single place."""
        del stack_id
        return self


def connect(connection: Connection) -> ConnectedAws:
    """Return the services of a cloud; nothing is called or imported before they are used."""
    clients = Clients(connection)
    local = connection.endpoint_url is not None
    return ConnectedAws(
        clients=clients,
        calls_per_second=LOCAL_CALLS_PER_SECOND if local else CALLS_PER_SECOND,
        stacks=CloudFormation(clients),
        hosts=Hosts(clients),
        commands=Commands(clients),
        target_groups=TargetGroups(clients),
        scaling_groups=ScalingGroups(clients),
        images=Images(clients),
        host_logs=HostLogs(clients),
        instance_connect=InstanceConnect(clients),
        tagged_resources=TaggedResources(clients),
        accounts=Accounts(clients),
        storage=Storage(clients),
        ssm_parameters=SsmParameters(clients),
        topics=Topics(clients),
    )
