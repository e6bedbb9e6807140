"""``cdinfra status GROUP``, as a person types it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from cdinfra.aws.hosts import Host
from cdinfra.aws.scaling_groups import LaunchVersion, ScalingGroup, ScalingMember
from cdinfra.aws.target_groups import TargetHealth
from cdinfra.cli.failures import DRIFT_FOUND
from cdinfra.deploy.load import load_app

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from cdinfra.aws.fake import FakeAws

    Run = Callable[..., Result]

OLD, NEW = (f"registry.example/shop/web@sha256:{digit * 64}" for digit in "ab")
APP = """
from cdinfra import App
from cdinfra.model import BuildContext, Retained, StackTemplate


class Plain:
    foundational = False

    def __init__(self, name, outputs):
        self.name, self.outputs, self.foundational = name, outputs, "BucketName" in outputs

    def build(self, context: BuildContext) -> StackTemplate:
        hosts = "DeployGroup" in self.outputs
        return StackTemplate(
            name=self.name,
            stack_name=context.stack_name(self.name),
            document={
                "Parameters": {"Release": {"Type": "String", "Default": ""}} if hosts else {},
                "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
                "Outputs": {key: {"Value": value} for key, value in self.outputs.items()},
            },
            parameters={"Release": Retained(initial="")} if hosts else {},
            tags=context.all_tags(),
        )


def build_app(env: str) -> App:
    app = App("shop", env=env, owner="me")
    app.add(Plain("foundation", {"BucketName": "state"}))
    app.add(Plain("web", {"DeployGroup": "shop-dev-web", "GroupName": "group"}))
    return app
"""


@pytest.fixture
def app_file(tmp_path: Path) -> Path:
    file = tmp_path / "infra.py"
    file.write_text(APP, encoding="utf-8")
    return file


def said(release: str) -> str:
    container = {"release": release, "state": "Up 3 minutes"}
    status = {"verb": "status", "outcome": "status", "desired": release, "agent": "0a1b2c3d4e5f"}
    return json.dumps({**status, "containers": [container] if release else []})


@pytest.fixture
def web(aws: FakeAws, app_file: Path) -> FakeAws:
    """A cloud with the group: its release is ``NEW``, and two hosts run it."""
    for template in load_app(app_file, "dev").build():
        aws.stacks.add(template, parameters={"Release": NEW} if template.parameters else {})
    version = LaunchVersion(template_id="lt-1", version="4")
    members = []
    for number in (1, 2):
        host = Host(
            instance_id=f"i-{number}",
            state="running",
            instance_type="t3.micro",
            private_address=f"10.0.0.{number}",
            public_address="",
            zone="eu-central-1a",
            deploy_group="shop-dev-web",
            release=NEW,
            stack_name="shop-dev-web",
            launched_at=datetime(2026, 1, 31, 8, number, tzinfo=UTC),
            scaling_group="group",
        )
        aws.hosts.add("shop", "dev", host)
        aws.commands.answer(host.instance_id, said(NEW))
        members.append(
            ScalingMember(
                instance_id=host.instance_id,
                lifecycle="InService",
                health="Healthy",
                launched_with=version,
            )
        )
    aws.scaling_groups.groups["group"] = ScalingGroup(
        name="group",
        launches_with=version,
        members=tuple(members),
        tags={"cdinfra:release": NEW},
    )
    return aws


def test_a_group_whose_hosts_are_as_it_says_ends_with_0(run: Run, web: FakeAws) -> None:
    assert web
    result = run("status", "web")
    assert result.exit_code == 0
    assert (
        result.stdout
        == """\
STACK  STATUS           CHANGED
web    CREATE_COMPLETE  2026-01-31 09:00:00Z

shop-dev-web runs web@bbbbbbbbbbbb

HOST  STATE    WANTED            RUNNING           HEALTH   CONFIGURATION  AGENT
i-1   running  web@bbbbbbbbbbbb  web@bbbbbbbbbbbb  healthy  current        0a1b2c3d4e5f
i-2   running  web@bbbbbbbbbbbb  web@bbbbbbbbbbbb  healthy  current        0a1b2c3d4e5f

No drift.
"""
    )


def test_drift_is_told_host_by_host_and_ends_with_7(run: Run, web: FakeAws) -> None:
    web.commands.answer("i-1", said(OLD))
    web.target_groups.of_scaling_groups["group"] = ("arn",)
    web.target_groups.health["arn"] = (
        TargetHealth(target_id="i-1", target_group="arn", port=80, state="healthy"),
    )
    result = run("status", "shop-dev-web")
    assert result.exit_code == DRIFT_FOUND
    assert result.stdout.splitlines()[-2:] == [
        "Drift: 1 host of 2",
        f"    i-1: it runs {OLD}",
    ]
    assert "TARGET" in result.stdout


def test_a_group_in_json_says_the_same(run: Run, web: FakeAws) -> None:
    web.commands.answer("i-2", said(""))
    result = run("status", "web", "--output", "json")
    assert result.exit_code == DRIFT_FOUND
    found = json.loads(result.stdout)
    assert (found["drifted"], found["release"], found["stack"]["stack"]) == (True, NEW, "web")
    first, second = found["hosts"]
    assert (first["running"], first["drift"], first["configuration"]) == ([NEW], [], "current")
    assert (second["health"], second["drift"]) == ("idle", ["it runs nothing"])


def test_a_group_without_hosts_is_shown(run: Run, aws: FakeAws, app_file: Path) -> None:
    for template in load_app(app_file, "dev").build():
        aws.stacks.add(template)
    result = run("status", "web")
    assert result.exit_code == 0
    assert "shop-dev-web runs none yet\n\nNo hosts.\n\nNo drift.\n" in result.stdout


def test_a_name_that_is_no_group_is_refused_with_the_nearest(run: Run, web: FakeAws) -> None:
    assert web
    result = run("status", "wep")
    assert result.exit_code == 2
    told = "error: GROUP wep: is no deploy group of this app (did you mean 'web'?)"
    assert told in result.stderr


def test_the_help_of_status_tells_the_exit_code(run: Run) -> None:
    assert f"code is {DRIFT_FOUND}." in " ".join(run("status", "--help").stdout.split())
