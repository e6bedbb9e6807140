from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cdinfra.deploy.processes import Machine
from cdinfra.errors import LockLostError
from cdinfra.events import HookOutput, HookStarted
from cdinfra.model import (
    App,
    BuildContext,
    Hook,
    Place,
    Retained,
    StackSettings,
    StackTemplate,
    When,
)
from cdinfra.rollout.events import RolloutEvent, RolloutOutcome
from cdinfra.rollout.group import DeployGroup
from cdinfra.rollout.hooks import Occasion
from cdinfra.rollout.plan import Purpose
from cdinfra.rollout.program_hooks import ProgramHooks
from cdinfra.rollout.record import Author, Record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cdinfra.aws.fake import FakeAws
    from cdinfra.deploy.clock import Clock

PLACE = Place(region="us-east-1")
OLD, NEW = "shop/web@sha256:1", "shop/web@sha256:2"
RECORD = Record(
    generation=7,
    purpose=Purpose.DEPLOY,
    author=Author(who="me@laptop", run_url="https://ci/7", commit="c0ffee"),
    image=NEW,
    from_release=OLD,
    began_at=datetime(2026, 1, 31, tzinfo=UTC),
)
GROUP = DeployGroup(
    app="shop",
    env="dev",
    stack="web",
    stack_name="shop-dev-web",
    name="web-hosts",
    bucket="state",
    place=PLACE,
)


class Web:
    name = "web"
    foundational = False

    def build(self, context: BuildContext) -> StackTemplate:
        return StackTemplate(
            name="web",
            stack_name=context.stack_name("web"),
            document={"Parameters": {"Release": {"Type": "String"}}, "Resources": {}},
            parameters={"Release": Retained(initial="")},
        )


@dataclass
class Program:
    code: int | None = 0
    lines: list[str] = field(default_factory=list)
    was_ended: bool = False

    def read_lines(self) -> tuple[str, ...]:
        return (self.lines.pop(0),) if self.lines else ()

    def exit_code(self) -> int | None:
        return None if self.lines else self.code

    def end(self) -> None:
        self.was_ended = True
        self.code = -15


@dataclass
class Programs:
    """Programs by name, and with what each was started."""

    known: dict[str, Program] = field(default_factory=dict)
    started: list[tuple[str, Path, Mapping[str, str], Any]] = field(default_factory=list)

    def start(
        self, command: Sequence[str], *, folder: Path, environment: Mapping[str, str]
    ) -> Program:
        if command[0] not in self.known:
            raise FileNotFoundError(2, "No such file or directory")
        outputs = json.loads(Path(environment["CDINFRA_OUTPUTS"]).read_text(encoding="utf-8"))
        self.started.append((command[0], folder, environment, outputs))
        return self.known[command[0]]


@dataclass
class Stage:
    aws: FakeAws
    clock: Clock
    programs: Programs = field(default_factory=Programs)
    events: list[RolloutEvent] = field(default_factory=list)

    def hooks(self, *hooks: Hook) -> ProgramHooks:
        app = App("shop", env="dev", owner="me")
        app.add(Web(), settings=StackSettings(hooks=hooks), place=PLACE)
        machine = Machine(
            folder=Path("/repository"), environ={"PATH": "/bin"}, start=self.programs.start
        )
        return ProgramHooks(self.aws, app, GROUP, machine, self.clock)

    def wait(self) -> bool:
        self.clock.sleep(1.0)
        return True


@pytest.fixture
def stage(aws: FakeAws, clock: Clock) -> Stage:
    return Stage(aws, clock)


def occasion(when: When, outcome: RolloutOutcome | None = None) -> Occasion:
    return Occasion(when=when, record=RECORD, purpose=Purpose.DEPLOY, outcome=outcome)


def test_a_hook_gets_the_rollout_in_its_environment(stage: Stage) -> None:
    stage.programs.known["migrate"] = Program(lines=["one", "two"])
    hooks = stage.hooks(Hook(command=("migrate", "--all now"), when=When.AFTER_DEPLOY))
    when = occasion(When.AFTER_DEPLOY, RolloutOutcome.DEPLOYED)
    assert hooks.run(when, stage.events.append, stage.wait) == ""
    ((_, folder, environment, outputs),) = stage.programs.started
    assert folder == Path("/repository")
    assert outputs == {}
    assert {key: each for key, each in environment.items() if key != "CDINFRA_OUTPUTS"} == {
        "PATH": "/bin",
        "AWS_REGION": "us-east-1",
        "CDINFRA_APP": "shop",
        "CDINFRA_COMMIT": "c0ffee",
        "CDINFRA_ENV": "dev",
        "CDINFRA_FROM_RELEASE": OLD,
        "CDINFRA_GENERATION": "7",
        "CDINFRA_GROUP": "web",
        "CDINFRA_HOOK": "after_deploy",
        "CDINFRA_OUTCOME": "deployed",
        "CDINFRA_PURPOSE": "deploy",
        "CDINFRA_REGION": "us-east-1",
        "CDINFRA_RELEASE": NEW,
        "CDINFRA_RUN_URL": "https://ci/7",
        "CDINFRA_STACK": "web",
        "CDINFRA_STACK_NAME": "shop-dev-web",
        "CDINFRA_WHO": "me@laptop",
    }
    assert not Path(environment["CDINFRA_OUTPUTS"]).exists()
    assert stage.events == [
        HookStarted(stack="web", when="after_deploy", command="migrate '--all now'"),
        HookOutput(stack="web", line="one"),
        HookOutput(stack="web", line="two"),
    ]


def test_only_the_hooks_of_the_moment_run_and_the_first_that_fails_is_the_last(
    stage: Stage,
) -> None:
    names = ("one", "two", "three", "stack", "after")
    stage.programs.known = {each: Program(code=3 if each == "two" else 0) for each in names}
    hooks = stage.hooks(
        Hook(command=("stack",), when=When.BEFORE),
        Hook(command=("one",), when=When.BEFORE_DEPLOY),
        Hook(command=("two",), when=When.BEFORE_DEPLOY),
        Hook(command=("three",), when=When.BEFORE_DEPLOY),
        Hook(command=("after",), when=When.AFTER_DEPLOY),
    )
    failure = hooks.run(occasion(When.BEFORE_DEPLOY), stage.events.append, stage.wait)
    assert failure == "the hook before it, two, ended with exit code 3"
    assert [each[0] for each in stage.programs.started] == ["one", "two"]
    assert [each.command[0] for each in hooks.declared] == ["one", "two", "three", "after"]


def test_a_program_that_is_not_there_is_a_failed_hook(stage: Stage) -> None:
    hooks = stage.hooks(Hook(command=("migrat",), when=When.BEFORE_DEPLOY))
    failure = hooks.run(occasion(When.BEFORE_DEPLOY), stage.events.append, stage.wait)
    assert failure == "the hook before it, migrat, cannot be started: No such file or directory"


def test_a_hook_that_takes_too_long_is_ended(stage: Stage) -> None:
    slow = stage.programs.known["slow"] = Program(code=None)
    hooks = stage.hooks(Hook(command=("slow",), when=When.FAILED_DEPLOY, timeout_seconds=5))
    failure = hooks.run(occasion(When.FAILED_DEPLOY), stage.events.append, stage.wait)
    assert failure == "the hook after the failure, slow, took longer than 5 s and was ended"
    assert slow.was_ended


def test_a_hook_ends_where_somebody_wants_that(stage: Stage) -> None:
    slow = stage.programs.known["slow"] = Program(code=None)
    hooks = stage.hooks(Hook(command=("slow",), when=When.AFTER_DEPLOY))
    failure = hooks.run(occasion(When.AFTER_DEPLOY), stage.events.append, lambda: False)
    assert failure == "the hook after it, slow, was cancelled"
    assert slow.was_ended


def test_a_hook_ends_with_what_comes_up_while_it_is_waited_for(stage: Stage) -> None:
    slow = stage.programs.known["slow"] = Program(code=None)
    hooks = stage.hooks(Hook(command=("slow",), when=When.BEFORE_DEPLOY))

    def lose() -> bool:
        raise LockLostError("somebody else has taken the lock")

    with pytest.raises(LockLostError):
        hooks.run(occasion(When.BEFORE_DEPLOY), stage.events.append, lose)
    assert slow.was_ended
    assert not Path(stage.programs.started[0][2]["CDINFRA_OUTPUTS"]).exists()
