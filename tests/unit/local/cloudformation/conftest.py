"""A CloudFormation over resource types that only remember, whose clock the test turns."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event, Lock
from typing import Any

import pytest

from cdinfra.aws.connection import Clients, Connection
from cdinfra.local.cloudformation.api import HANDLERS, operation_model
from cdinfra.local.cloudformation.api_call import Call
from cdinfra.local.cloudformation.api_error import ApiError
from cdinfra.local.cloudformation.constraints import check_members
from cdinfra.local.cloudformation.engine import Engine, new_operation
from cdinfra.local.cloudformation.operation import Operation
from cdinfra.local.cloudformation.signals import AwaitedHosts, Signal, SignalledResource
from cdinfra.local.cloudformation.state import Stack
from cdinfra.local.cloudformation.status import OperationKind
from cdinfra.local.cloudformation.store import RegionState
from cdinfra.local.resources.contract import (
    Properties,
    Request,
    Resource,
    ResourceError,
    ResourceType,
)

REGION, ACCOUNT = "eu-central-1", "123456789012"
SECONDS = 10.0

TOPIC, PARAMETER = "AWS::SNS::Topic", "AWS::SSM::Parameter"
GROUP, INSTANCE = "AWS::AutoScaling::AutoScalingGroup", "AWS::EC2::Instance"
VOLUME = "AWS::EC2::Volume"


class FakeClock:
    """A clock that stands until the test turns it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._now = datetime(2030, 1, 1, tzinfo=UTC)
        self._alarms: list[tuple[datetime, Callable[[], None]]] = []
        self.armed = Event()

    def now(self) -> datetime:
        with self._lock:
            self._now += timedelta(milliseconds=1)
            return self._now

    def call_after(self, seconds: float, alarm: Callable[[], None]) -> Callable[[], None]:
        entry = (self.now() + timedelta(seconds=seconds), alarm)
        with self._lock:
            self._alarms.append(entry)
        self.armed.set()

        def call_off() -> None:
            with self._lock:
                if entry in self._alarms:
                    self._alarms.remove(entry)

        return call_off

    def advance(self, seconds: float) -> None:
        with self._lock:
            self._now += timedelta(seconds=seconds)
            due = [alarm for at, alarm in self._alarms if at <= self._now]
        for alarm in due:
            alarm()


class FakeClientError(Exception):
    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(message or code)
        self.response = {"Error": {"Code": code, "Message": message or code}}


class FakeService:
    """A boto3 client as far as the engine uses one."""

    class exceptions:  # noqa: N801 - as boto3 names it
        ClientError = FakeClientError
        ParameterNotFound = type("ParameterNotFound", (FakeClientError,), {})
        ResourceNotFoundException = type("ResourceNotFoundException", (FakeClientError,), {})
        NoSuchEntityException = type("NoSuchEntityException", (FakeClientError,), {})

    def __init__(self, cloud: "FakeCloud") -> None:
        self._cloud = cloud

    def get_parameter(self, *, Name: str, WithDecryption: bool) -> Any:  # noqa: N803
        if Name not in self._cloud.parameters:
            raise self.exceptions.ParameterNotFound("ParameterNotFound")
        self._cloud.decrypted |= WithDecryption
        return {"Parameter": {"Value": self._cloud.parameters[Name]}}

    def get_secret_value(self, *, SecretId: str, **version: str) -> Any:  # noqa: N803
        if SecretId not in self._cloud.secrets:
            raise self.exceptions.ResourceNotFoundException("ResourceNotFoundException")
        self._cloud.secret_versions.append(version)
        return {"SecretString": self._cloud.secrets[SecretId]}

    def describe_availability_zones(self) -> Any:
        return {"AvailabilityZones": [{"ZoneName": f"{REGION}{letter}"} for letter in "ba"]}

    def create_snapshot(self, *, VolumeId: str, Description: str) -> None:  # noqa: N803 - boto3's
        if VolumeId in self._cloud.failing_snapshots:
            raise FakeClientError("SnapshotCreationPerVolumeRateExceeded", Description)
        self._cloud.snapshots.append(VolumeId)

    def describe_auto_scaling_groups(self, *, AutoScalingGroupNames: list[str]) -> Any:  # noqa: N803
        return {
            "AutoScalingGroups": [
                {"Instances": [{"InstanceId": f"{name}-i{number}"} for number in (1, 2)]}
                for name in AutoScalingGroupNames
            ]
        }

    def get_role(self, *, RoleName: str) -> Any:  # noqa: N803
        if RoleName not in self._cloud.roles:
            raise self.exceptions.NoSuchEntityException("NoSuchEntity")
        arn = f"arn:aws:iam::{ACCOUNT}:role/{RoleName}"
        return {"Role": {"Arn": arn, "AssumeRolePolicyDocument": self._cloud.roles[RoleName]}}

    def get_topic_attributes(self, *, TopicArn: str) -> Any:  # noqa: N803
        if TopicArn not in self._cloud.topics:
            raise FakeClientError("NotFound")
        return {"Attributes": {}}

    def publish(self, *, TopicArn: str, Subject: str, Message: str) -> None:  # noqa: N803
        assert Subject == "AWS CloudFormation Notification"
        if TopicArn in self._cloud.gone_topics:
            raise FakeClientError("NotFound")
        self._cloud.topics[TopicArn].append(Message)

    def describe_alarms(self, *, AlarmNames: list[str]) -> Any:  # noqa: N803
        alarms = self._cloud.alarms
        found = [{"AlarmName": n, "StateValue": alarms[n]} for n in AlarmNames if n in alarms]
        return {"MetricAlarms": found}

    def get_object(self, *, Bucket: str, Key: str) -> Any:  # noqa: N803
        if (Bucket, Key) not in self._cloud.objects:
            raise FakeClientError("NoSuchKey", "The specified key does not exist.")
        return {"Body": self._cloud.objects[(Bucket, Key)]}


class FakeClients(Clients):
    def __init__(self, cloud: "FakeCloud") -> None:
        super().__init__(Connection(region=REGION, endpoint_url="http://127.0.0.1:9"))
        self._cloud = cloud

    def client(self, service: str) -> Any:
        del service
        return FakeService(self._cloud)


@dataclass
class FakeCloud:
    """What exists, what was called, and what shall go wrong."""

    existing: dict[str, Properties] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    failing: dict[tuple[str, str], str] = field(default_factory=dict)
    half_made: set[str] = field(default_factory=set)
    gates: dict[tuple[str, str], Event] = field(default_factory=dict)
    reached: dict[tuple[str, str], Event] = field(default_factory=dict)
    rolling: dict[str, tuple[str, ...]] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    secret_versions: list[Mapping[str, str]] = field(default_factory=list)
    objects: dict[tuple[str, str], Any] = field(default_factory=dict)
    snapshots: list[str] = field(default_factory=list)
    failing_snapshots: set[str] = field(default_factory=set)
    roles: dict[str, Any] = field(default_factory=dict)
    topics: dict[str, list[str]] = field(default_factory=dict)
    gone_topics: set[str] = field(default_factory=set)
    alarms: dict[str, str] = field(default_factory=dict)
    percent: int = 100
    decrypted: bool = False
    lock: Lock = field(default_factory=Lock)

    def block(self, action: str, logical_id: str) -> Event:
        """Hold an action until the returned gate is set."""
        self.reached[(action, logical_id)] = Event()
        self.gates[(action, logical_id)] = Event()
        return self.gates[(action, logical_id)]

    def await_reached(self, action: str, logical_id: str) -> None:
        assert self.reached[(action, logical_id)].wait(SECONDS)

    def act(self, action: str, request: Request) -> None:
        key = (action, request.logical_id)
        with self.lock:
            self.calls.append(key)
            self.requests.append(request)
        if key in self.gates:
            self.reached[key].set()
            assert self.gates[key].wait(SECONDS)
        if key in self.failing:
            made = f"half-{request.logical_id}" if request.logical_id in self.half_made else ""
            if made:
                self.existing[made] = request.properties
            raise ResourceError(self.failing[key], physical_id=made)


class FakeType(ResourceType):
    carried = frozenset(
        {"TopicName", "DisplayName", "Tags", "Name", "Value", "Type", "Description", "Size"}
        | {"MinSize", "MaxSize", "ImageId", "InstanceType", "AvailabilityZone"}
    )

    def __init__(self, type_name: str, cloud: FakeCloud) -> None:
        self.type_name = type_name  # type: ignore[misc] - one class stands for several types
        self.cloud = cloud

    def create(self, request: Request) -> Resource:
        self.cloud.act("create", request)
        name = request.properties.get("TopicName") or request.properties.get("Name")
        physical_id = name or request.generated_name()
        self.cloud.existing[physical_id] = request.properties
        return self._made(physical_id, request)

    def update(self, request: Request, current: Resource, previous: Properties) -> Resource:
        del previous
        for batch in self.cloud.rolling.get(request.logical_id, ()):
            request.note(f"Rolling update: waiting for {batch}")
            request.wait_for_signals(self.cloud.percent, 60, tuple(batch.split("+")))
        self.cloud.act("update", request)
        self.cloud.existing[current.physical_id] = request.properties
        return self._made(current.physical_id, request)

    def delete(self, request: Request, current: Resource) -> None:
        self.cloud.act("delete", request)
        self.cloud.existing.pop(current.physical_id, None)

    def read(self, request: Request, current: Resource) -> Properties | None:
        del request
        if current.physical_id == "unreadable":
            raise ResourceError("Access denied")
        return self.cloud.existing.get(current.physical_id)

    def must_replace(self, properties: Properties, previous: Properties) -> bool:
        return properties.get("InstanceType") != previous.get("InstanceType")

    def _made(self, physical_id: str, request: Request) -> Resource:
        attributes = {"Arn": f"arn:{physical_id}", "Value": request.properties.get("Value", "")}
        return Resource(physical_id=physical_id, attributes=attributes)


class SilentHosts:
    """Hosts that signal for themselves, or never."""

    def __init__(self) -> None:
        self.asked: list[AwaitedHosts] = []

    def awaited(self, hosts: AwaitedHosts) -> tuple[Signal, ...]:
        self.asked.append(hosts)
        return ()

    def heard(self, signal: Signal, resource: SignalledResource) -> Signal:  # noqa: ARG002 - the protocol's
        return signal


@dataclass
class CloudFormation:
    """The API without HTTP."""

    engine: Engine
    cloud: FakeCloud
    clock: FakeClock
    hosts: SilentHosts

    @property
    def state(self) -> RegionState:
        return self.engine.region(REGION, ACCOUNT)

    def call(self, operation: str, **given: Any) -> Any:
        check_members(operation_model(operation).input_shape, given)
        return HANDLERS[operation](Call(engine=self.engine, state=self.state, given=given))

    def refused(self, operation: str, **given: Any) -> str:
        """Return the words with which a call is refused."""
        with pytest.raises(ApiError) as caught:
            self.call(operation, **given)
        return caught.value.message

    def create(self, name: str, resources: Any, **given: Any) -> Stack:
        """Create a stack and wait for the end."""
        self.start("CreateStack", name, resources, **given)
        return self.settled(name)

    def update(self, name: str, resources: Any, **given: Any) -> Stack:
        """Update a stack and wait for the end."""
        self.start("UpdateStack", name, resources, **given)
        return self.settled(name)

    def delete(self, name: str, **given: Any) -> Stack:
        """Delete a stack and wait for the end."""
        stack = self.stack(name)
        self.call("DeleteStack", StackName=name, **given)
        return self.settled(stack.stack_id)

    def start(self, operation: str, name: str, resources: Any, **given: Any) -> Any:
        sections = {key: given.pop(key) for key in tuple(given) if key in SECTIONS}
        if "Declared" in given:
            sections["Parameters"] = given.pop("Declared")
        body = json.dumps({"Resources": resources, **sections})
        return self.call(operation, StackName=name, TemplateBody=body, **given)

    def new_operation(self, kind: str) -> Operation:
        return new_operation(OperationKind(kind), "")

    def settled(self, name: str) -> Stack:
        assert self.engine.wait_idle(SECONDS)
        return self.stack(name)

    def stack(self, name: str) -> Stack:
        stack = self.state.find(name)
        assert stack is not None
        return stack

    def told(self, name: str) -> list[tuple[str, str, str]]:
        """Return ``(logical id, status, reason)`` of the events, oldest first."""
        return [(event.logical_id, event.status, event.reason) for event in self.stack(name).events]

    def statuses(self, name: str) -> list[str]:
        """Return the stack's own statuses, oldest first."""
        return [status for who, status, _ in self.told(name) if who == self.stack(name).name]


SECTIONS = frozenset({"Outputs", "Conditions", "Mappings"})


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


@pytest.fixture
def hosts() -> SilentHosts:
    return SilentHosts()


@pytest.fixture
def cfn(cloud: FakeCloud, hosts: SilentHosts) -> Iterator[CloudFormation]:
    clock = FakeClock()
    names = (TOPIC, PARAMETER, GROUP, INSTANCE, VOLUME)
    engine = Engine(
        types={name: FakeType(name, cloud) for name in names},
        clients=lambda _region, _account: FakeClients(cloud),
        hosts=hosts,
        clock=clock,
    )
    yield CloudFormation(engine=engine, cloud=cloud, clock=clock, hosts=hosts)
    for gate in cloud.gates.values():
        gate.set()
    engine.close()
    assert engine.wait_idle(SECONDS)


@pytest.fixture
def topic() -> Callable[..., dict[str, Any]]:
    """Returns the definition of a topic: ``topic(TopicName="a", DependsOn="B")``."""
    attributes = {"DependsOn", "DeletionPolicy", "UpdateReplacePolicy", "Condition", "Metadata"}

    def build(**given: Any) -> dict[str, Any]:
        own = {name: given.pop(name) for name in tuple(given) if name in attributes}
        return {"Type": TOPIC, **own, "Properties": given}

    return build
