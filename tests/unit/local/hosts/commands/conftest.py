"""Managed nodes whose hosts are made up, and scripts that run as a test says."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any, BinaryIO

import pytest
from botocore.parsers import create_parser
from moto.core.utils import get_service_model

from cdinfra.local.api_handlers import CallPlace
from cdinfra.local.hosts.commands.api import RunCommand
from cdinfra.local.hosts.commands.dispatcher import Dispatcher
from cdinfra.local.hosts.commands.execution import Ended, Task
from cdinfra.local.hosts.commands.lanes import Lane
from cdinfra.local.hosts.commands.ledger import Ledger
from cdinfra.local.hosts.commands.nodes import Instance, ManagedNodes
from cdinfra.local.hosts.host import Host, HostState
from cdinfra.local.hosts.platforms import Platform

PLACE = CallPlace(region="eu-central-1", account="123456789012")
UBUNTU = Platform(name="Ubuntu", version="24.04", user="ubuntu")
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


@dataclass
class Text:
    content_bytes: bytes = b""

    def head(self, size: int) -> bytes:
        return self.content_bytes[:size]

    def content(self) -> BinaryIO:
        return BytesIO(self.content_bytes)


@dataclass
class Run:
    """A script that is to run once."""

    ended: Ended | None
    stdout: Text = field(default_factory=Text)
    stderr: Text = field(default_factory=Text)
    during: Callable[[], None] = lambda: None
    killed: int = 0
    closed: bool = False
    waited: list[float] = field(default_factory=list)

    def wait(self, seconds: float) -> Ended | None:
        self.waited.append(seconds)
        self.during()
        return self.ended

    def kill(self) -> None:
        self.killed += 1

    def close(self) -> None:
        self.closed = True


@dataclass
class World:
    """An account and region in which a test says what happens; a wait passes its time."""

    now: datetime = NOON
    instances: dict[str, Instance] = field(default_factory=dict)
    hosts: dict[str, Host] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    uploads: dict[tuple[str, str], bytes] = field(default_factory=dict)
    on_wait: Callable[[], None] = lambda: None
    ledger: Ledger = field(default_factory=Ledger)
    threads: list[Callable[[], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dispatcher = Dispatcher(
            runner=self, now=lambda: self.now, wait=self.wait, spawn=self.threads.append
        )
        self.lane = Lane(
            region=PLACE.region,
            account=PLACE.account,
            ledger=self.ledger,
            nodes=ManagedNodes(
                instances=self.instances.values,
                instance=self.instances.get,
                host=self.hosts.get,
                now=lambda: self.now,
            ),
            upload=self.upload,
        )
        self.api = RunCommand(
            lane=lambda _place: self.lane,
            dispatcher=self.dispatcher,
            now=lambda: self.now,
            endpoint_url="http://127.0.0.1:4566",
        )

    def boot(self, number: int, **changes: object) -> str:
        """Boot a host, and return its instance's id."""
        instance_id = f"i-{number:017}"
        instance = Instance(
            instance_id=instance_id,
            state="running",
            name=f"ip-10-0-0-{number}.eu-central-1.compute.internal",
            address=f"10.0.0.{number}",
            has_profile=True,
            tags={"DeployGroup": "web"},
            platform=UBUNTU,
            launched_at=NOON + timedelta(seconds=number),
        )
        self.instances[instance_id] = replace(instance, **changes)
        self.hosts[instance_id] = Host(
            instance_id=instance_id,
            region=PLACE.region,
            account=PLACE.account,
            container=f"container-{number}",
            address=instance.address,
            state=HostState.RUNNING,
        )
        return instance_id

    def set_host(self, instance_id: str, state: HostState) -> None:
        self.hosts[instance_id] = replace(self.hosts[instance_id], state=state)

    def set_instance(self, instance_id: str, state: str) -> None:
        self.instances[instance_id] = replace(self.instances[instance_id], state=state)

    def start(self, task: Task) -> Run:
        self.tasks.append(task)
        return self.runs[len(self.tasks) - 1]

    def wait(self, seconds: float) -> bool:
        self.now += timedelta(seconds=seconds)
        self.on_wait()
        return False

    def upload(self, bucket: str, key: str, content: BinaryIO) -> None:
        self.uploads[bucket, key] = content.read()

    def call(self, operation: str, **given: object) -> dict[str, Any]:
        """Call the API, and see that what it answers is what a client can read."""
        answer = dict(self.api.handlers()["ssm", operation](given, PLACE))
        shape = get_service_model("ssm").operation_model(operation).output_shape
        body = json.dumps(answer).encode()
        read = create_parser("json").parse({"status_code": 200, "headers": {}, "body": body}, shape)
        assert set(read) - {"ResponseMetadata"} == set(answer)
        return answer

    def send(self, *instance_ids: str, **given: object) -> str:
        """Send a command, and return its id."""
        parameters = {"commands": ["uptime"], **given.pop("parameters", {})}
        answer = self.call(
            "SendCommand",
            DocumentName="AWS-RunShellScript",
            Parameters=parameters,
            **({"InstanceIds": list(instance_ids)} if instance_ids else {}),
            **given,
        )
        return str(answer["Command"]["CommandId"])

    def work(self) -> None:
        """Let everything run that waits for a thread."""
        while self.threads:
            self.threads.pop(0)()

    def result(self, command_id: str, instance_id: str) -> dict[str, Any]:
        return self.call("GetCommandInvocation", CommandId=command_id, InstanceId=instance_id)

    def details(self, command_id: str) -> list[str]:
        """Return the detailed status of each invocation of a command, by instance."""
        found = self.ledger.invocations(command_id)
        return [each.state.value for each in sorted(found, key=lambda each: each.instance_id)]


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def run(world: World) -> Callable[..., Run]:
    """Add what becomes of a script: ``run(exit_code, stdout, stderr)``; None runs out of time."""

    def add(
        exit_code: int | None,
        stdout: bytes = b"",
        stderr: bytes = b"",
        *,
        is_lost: bool = False,
        during: Callable[[], None] = lambda: None,
    ) -> Run:
        ended = None if exit_code is None else Ended(exit_code=exit_code, is_lost=is_lost)
        world.runs.append(Run(ended, Text(stdout), Text(stderr), during))
        return world.runs[-1]

    return add
