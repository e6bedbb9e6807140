"""An app with a bucket and a deploy group in the real local cloud, and commands on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from cdinfra.aws.cloud import ConnectedAws, connect
from cdinfra.cli.access import Access
from cdinfra.cli.root import root
from cdinfra.deploy.load import load_app
from cdinfra.rollout.find_group import find_group
from cdinfra.rollout.state.history import History
from cdinfra.rollout.state.journal import Journals
from cdinfra.rollout.state.lock import DeployLock
from cdinfra.rollout.state.lock_record import Holder

if TYPE_CHECKING:
    from pathlib import Path

    from cdinfra.local.process import LocalCloud
    from cdinfra.rollout.group import DeployGroup

APP = '''
"""A bucket, and two stacks that are deploy groups by name alone."""

from dataclasses import dataclass

from cdinfra import App
from cdinfra.model import BuildContext, Retained, StackTemplate

BUCKET = {"Type": "AWS::S3::Bucket"}
TOPIC = {"Type": "AWS::SNS::Topic"}


@dataclass
class Plain:
    name: str
    document: dict
    parameters: dict
    foundational: bool = False

    def build(self, context: BuildContext) -> StackTemplate:
        return StackTemplate(
            name=self.name,
            stack_name=context.stack_name(self.name),
            document=self.document,
            parameters=self.parameters,
            tags=context.all_tags(),
        )


def group(name: str) -> Plain:
    tags = [{"Key": "release", "Value": {"Ref": "Release"}}]
    document = {
        "Parameters": {"Release": {"Type": "String", "Default": ""}},
        "Resources": {"Topic": {**TOPIC, "Properties": {"Tags": tags}}},
        "Outputs": {"DeployGroup": {"Value": f"state-dev-{name}"}},
    }
    return Plain(name, document, {"Release": Retained(initial="")})


def build_app(env: str) -> App:
    app = App("state", env=env, owner="me")
    outputs = {"BucketName": {"Value": {"Ref": "Bucket"}}}
    document = {"Resources": {"Bucket": BUCKET}, "Outputs": outputs}
    app.add(Plain("base", document, {}, foundational=True))
    app.add(group("web"))
    app.add(group("worker"))
    return app
'''


@dataclass(frozen=True, kw_only=True)
class State:
    """The state of the group ``web`` in the local cloud, and the command line beside it."""

    aws: ConnectedAws
    file: Path
    group: DeployGroup

    @property
    def journals(self) -> Journals:
        return Journals(self.aws.storage, self.group)

    @property
    def history(self) -> History:
        return History(self.aws.storage, self.group)

    def lock(self, owner: str, lease_seconds: int = 60) -> DeployLock:
        holder = Holder(owner=owner, run_url="https://ci/7", pid=42)
        return DeployLock(self.aws.storage, self.group, holder, lease_seconds=lease_seconds)

    def run(self, *words: str, typed: str | None = None) -> Result:
        return command(self.aws, self.file, *words, typed=typed)

    def clear(self) -> None:
        """Forget everything of all groups."""
        s3 = self.aws.clients.client("s3")
        for key in list(self.aws.storage.list_keys(self.group.bucket, "")):
            s3.delete_object(Bucket=self.group.bucket, Key=key)


def command(aws: ConnectedAws, file: Path, *words: str, typed: str | None = None) -> Result:
    world = Access(open=lambda *_, **__: aws, can_ask=lambda: typed is not None)
    return CliRunner().invoke(root, [*words, "--file", str(file)], obj=world, input=typed)


@pytest.fixture(scope="session")
def deployed(local_cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> State:
    """The app with its bucket and the group ``web``; ``worker`` is not deployed."""
    file = tmp_path_factory.mktemp("state") / "infra.py"
    file.write_text(APP, encoding="utf-8")
    aws = connect(local_cloud.connection())
    up = command(aws, file, "up", "base", "web")
    assert up.exit_code == 0, up.output
    return State(aws=aws, file=file, group=find_group(aws, load_app(file, "dev"), "web"))


@pytest.fixture
def state(deployed: State) -> State:
    """The same, with nothing in the bucket."""
    deployed.clear()
    return deployed
