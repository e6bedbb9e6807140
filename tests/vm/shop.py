"""The example's web group in a local cloud of its own, with one host: Debian 12, released.

Everything about the group is the example's own but for the image, the addresses, which have
to fit into the machine's network, and the number of hosts. The host is launched, and boots
nowhere by itself: the machine takes its place, and the stack waits for its signal.
"""

import time
from base64 import b64decode
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cdinfra.aws.cloud import connect
from cdinfra.aws.connection import Clients
from cdinfra.cloudinit import OperatingSystem
from cdinfra.deploy.deployer import Deployer
from cdinfra.deploy.first_releases import AppWithReleases
from cdinfra.deploy.load import load_app
from cdinfra.deploy.result import Result
from cdinfra.events import Outcome
from cdinfra.local.fault_types import ResourceFault, ResourceFaultKind
from cdinfra.local.process import LocalCloud, start, stop
from cdinfra.model import App
from cdinfra.stacks import Capacity, DockerHosts, Image, Network, RollingUpdate
from vm.machine import DEADLINE_SECONDS

EXAMPLE = Path(__file__).parents[2] / "examples" / "shop" / "infra.py"
ENV = "dev"
WEB = f"shop-{ENV}-web"
ADDRESSES = "172.31.0.0/16"
LAUNCH_SECONDS = 120
SIGNAL_SECONDS = 300


@dataclass(frozen=True, kw_only=True)
class Shop:
    """The shop while its web group is made.

    Attributes:
        cloud: The local cloud.
        clients: Its services.
        instance_id: The group's one host.
        creation: How the creation of the stack ends.
    """

    cloud: LocalCloud
    clients: Clients
    instance_id: str
    creation: "Future[Result]"

    def outcome(self) -> Outcome:
        """Wait for the end of the creation, and say how it ended."""
        (stack,) = self.creation.result(SIGNAL_SECONDS).stacks
        return stack.outcome

    def template_user_data(self) -> bytes:
        """Return the user data of the launch template that the host was launched from."""
        ec2 = self.clients.client("ec2")
        (template, version) = (
            ec2.describe_tags(
                Filters=[
                    {"Name": "resource-id", "Values": [self.instance_id]},
                    {"Name": "key", "Values": [f"aws:ec2launchtemplate:{name}"]},
                ]
            )["Tags"][0]["Value"]
            for name in ("id", "version")
        )
        (found,) = ec2.describe_launch_template_versions(
            LaunchTemplateId=template, Versions=[version]
        )["LaunchTemplateVersions"]
        return b64decode(found["LaunchTemplateData"]["UserData"])

    def signalled(self) -> tuple[str, float] | None:
        """Return what CloudFormation says of the host's signal, and when it came."""
        events = self.clients.client("cloudformation").describe_stack_events(StackName=WEB)
        for event in events["StackEvents"]:
            reason = event.get("ResourceStatusReason", "")
            if f"signal with UniqueId {self.instance_id}" in reason:
                return reason, event["Timestamp"].timestamp()
        return None

    def log_lines(self) -> list[str]:
        """Return what the container has written, from the stack's log group."""
        logs = self.clients.client("logs")
        group = f"/cdinfra/shop/{ENV}/web"
        streams = logs.describe_log_streams(logGroupName=group)["logStreams"]
        return [
            event["message"]
            for stream in streams
            for event in logs.get_log_events(
                logGroupName=group, logStreamName=stream["logStreamName"]
            )["events"]
        ]


def build_shop(release: str) -> AppWithReleases:
    """Build the example's app with the stacks that the web group needs, and its release.

    Args:
        release: The image that the hosts run, by digest.
    """
    example = load_app(EXAMPLE, ENV)
    app = App(example.name, env=ENV, owner=example.owner, tags=example.tags)
    for stack in example.stacks:
        match stack:
            case DockerHosts(name="web"):
                app.add(with_debian(stack))
            case DockerHosts():
                pass
            case Network():
                app.add(replace(stack, cidr=ADDRESSES))
            case _:
                app.add(stack)
    return AppWithReleases(app, {"web": release})


def with_debian(web: DockerHosts) -> DockerHosts:
    """Return the group with one host, on Debian's image, that gets the time it needs."""
    return replace(
        web,
        image=Image(operating_system=OperatingSystem.DEBIAN_12),
        capacity=Capacity(minimum=1, maximum=2),
        update=RollingUpdate(timeout_minutes=DEADLINE_SECONDS // 60),
    )


@contextmanager
def making(folder: Path, release: str) -> Iterator[Shop]:
    """Make the shop up to the point at which its host is launched; the rest goes on beside.

    Args:
        folder: Where the local cloud keeps its state.
        release: The image that the host is to run, by digest.
    """
    cloud = start(folder)
    with ThreadPoolExecutor(1) as beside:
        try:
            app = build_shop(release)
            names = [template.name for template in app.build()]
            _up(cloud, app, *names[:-1])
            # The one signal that the local cloud would send in the place of its host.
            silent = ResourceFaultKind.HOST_SILENT
            cloud.control.add_fault(ResourceFault(kind=silent, stack=WEB, times=1))
            creation = beside.submit(_up, cloud, app, names[-1])
            clients = Clients(cloud.connection())
            yield Shop(
                cloud=cloud,
                clients=clients,
                instance_id=_launched(clients, creation),
                creation=creation,
            )
        finally:
            stop(folder)


def _up(cloud: LocalCloud, app: AppWithReleases, *names: str) -> Result:
    with Deployer(connect(cloud.connection()), app) as deployer:
        result = deployer.execute(deployer.preview(deployer.plan_up(names)))
    result.raise_for_failure()
    return result


def _launched(clients: Clients, creation: "Future[Result]") -> str:
    """Wait for the group's host, and return its id."""
    ec2 = clients.client("ec2")
    wanted = [{"Name": "tag:DeployGroup", "Values": [WEB]}]
    until = time.monotonic() + LAUNCH_SECONDS
    while time.monotonic() < until and not creation.done():
        found: Any = ec2.describe_instances(Filters=wanted)["Reservations"]
        ids = [each["InstanceId"] for one in found for each in one["Instances"]]
        mine = [{"Name": "instance-id", "Values": ids}]
        # An instance is there a moment before its role is.
        if (
            ids
            and ec2.describe_iam_instance_profile_associations(Filters=mine)[
                "IamInstanceProfileAssociations"
            ]
        ):
            return str(ids[0])
        time.sleep(0.5)
    if creation.done():
        raise AssertionError(f"the web group is made without waiting: {creation.result()}")
    raise AssertionError("the web group launches no host")
