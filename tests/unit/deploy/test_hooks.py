from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cdinfra.aws.stack_status import StackStatus
from cdinfra.deploy.interrupts import Decision
from cdinfra.deploy.plain import plain
from cdinfra.deploy.plan import Verb
from cdinfra.errors import StackFailedError
from cdinfra.events import HookOutput, HookStarted, Outcome, StackFinished
from cdinfra.model import Hook, On, StackSettings, Webhook, When

if TYPE_CHECKING:
    from tests.unit.deploy.conftest import Make, Run

MIGRATE = Hook(command=("migrate", "--all now"), when=When.BEFORE, on=tuple(On))
SMOKE = Hook(command=("smoke",), when=When.AFTER, on=tuple(On))
BOTH = StackSettings(hooks=(MIGRATE, SMOKE))


def test_hooks_run_before_and_after_a_creation_with_the_outputs_that_are_known(
    run: Run, make: Make
) -> None:
    before, after = make.program(lines=["one", "two"]), make.program()
    run.programs.known |= {"migrate": before, "smoke": after}
    network = make.network()
    web = make.plain(
        name="web",
        document=make.consumer("web").document,
        parameters=make.consumer("web").parameters,
        settings=BOTH,
    )
    assert run.up(network, web) == {"network": "created", "web": "created"}
    assert before.started is not None
    assert after.started is not None
    command, folder, environment, outputs = before.started
    assert command == ("migrate", "--all now")
    assert folder == Path("/repository")
    assert outputs == {"network": {"VpcId": "shop-dev-network-vpc"}}
    assert after.started[3]["web"] == {"VpcId": "shop-dev-network-vpc"}
    assert {name: each for name, each in environment.items() if name != "CDINFRA_OUTPUTS"} == {
        "PATH": "/bin",
        "AWS_REGION": "eu-central-1",
        "CDINFRA_APP": "shop",
        "CDINFRA_ENV": "dev",
        "CDINFRA_HOOK": "before",
        "CDINFRA_REGION": "eu-central-1",
        "CDINFRA_STACK": "web",
        "CDINFRA_STACK_NAME": "shop-dev-web",
        "CDINFRA_VERB": "create",
    }
    assert not Path(environment["CDINFRA_OUTPUTS"]).exists()
    assert run.told(HookStarted)[0] == HookStarted(
        stack="web", when="before", command="migrate '--all now'"
    )
    assert [each.line for each in run.told(HookOutput)] == ["one", "two"]


def test_a_hook_that_fails_before_leaves_everything_as_it_was(run: Run, make: Make) -> None:
    run.programs.known["migrate"] = make.program(code=3)
    web = make.single("web", settings=BOTH)
    with run.deployer(web) as deployer:
        result = deployer.execute(deployer.preview(deployer.plan_up()))
    (failed,) = result.stacks
    assert (failed.outcome, failed.status) == (Outcome.FAILED, "")
    assert failed.cause == "the hook before it, migrate '--all now', ended with exit code 3"
    assert run.aws.stacks.describe_stack("shop-dev-web") is None
    assert run.aws.stacks.change_sets == ()
    with pytest.raises(StackFailedError) as raised:
        result.raise_for_failure()
    assert raised.value.hint == ("nothing was changed: mend the hook, then repeat the command")


def test_a_hook_that_fails_before_an_update_leaves_the_stack_as_it_was(
    run: Run, make: Make
) -> None:
    run.programs.known["migrate"] = make.program(code=-9)
    run.up(make.single("web"))
    assert run.up(make.single("web", DependsOn=[], settings=BOTH)) == {"web": "failed"}
    assert run.aws.stacks.stack("shop-dev-web").status is StackStatus.CREATE_COMPLETE
    assert run.told(StackFinished)[-1].cause.endswith("was ended by signal 9")


def test_a_hook_that_fails_after_reports_the_changed_stack_as_failed_and_skips_those_behind(
    run: Run, make: Make
) -> None:
    run.programs.known |= {"migrate": make.program(), "smoke": make.program(code=1)}
    network = make.plain(name="network", document=make.network().document, settings=BOTH)
    with run.deployer(network, make.consumer("web")) as deployer:
        result = deployer.execute(deployer.preview(deployer.plan_up()))
    failed, skipped = result.stacks
    assert (failed.outcome, failed.status) == (Outcome.FAILED, "CREATE_COMPLETE")
    assert failed.cause == "the hook after it, smoke, ended with exit code 1"
    assert "the stack itself is done" in failed.hint
    assert skipped.outcome is Outcome.SKIPPED
    with pytest.raises(StackFailedError) as raised:
        result.raise_for_failure()
    assert "explain" not in raised.value.hint


def test_no_hook_runs_where_nothing_changes(run: Run, make: Make) -> None:
    run.up(make.single("web"))
    assert run.up(make.single("web", settings=BOTH)) == {"web": "unchanged"}
    assert not run.told(HookStarted)


def test_hooks_run_only_for_what_they_are_for(run: Run, make: Make) -> None:
    run.programs.known["migrate"] = make.program(code=1)
    hook = Hook(command=("migrate",), when=When.BEFORE, on=("update",))  # type: ignore[arg-type] # infra.py may say it so
    web = make.single("web", settings=StackSettings(hooks=(hook,)))
    assert run.up(web) == {"web": "created"}
    more = make.single("web", DependsOn=[], settings=web.settings)
    assert run.up(more) == {"web": "failed"}


def test_a_deletion_has_hooks_as_long_as_infra_py_knows_the_stack(run: Run, make: Make) -> None:
    before, after = make.program(), make.program()
    run.programs.known |= {"migrate": before, "smoke": after}
    web = make.single("web", settings=BOTH)
    run.up(web)
    run.events.clear()
    with run.deployer(web) as deployer:
        planned = deployer.plan_down()
        assert planned.actions[0].hooks == (MIGRATE, SMOKE)
        result = deployer.execute(deployer.preview(planned))
    assert result.stacks[0].outcome is Outcome.DELETED
    assert after.started is not None
    assert after.started[2]["CDINFRA_VERB"] == "delete"
    starts = [index for index, each in enumerate(run.events) if isinstance(each, HookStarted)]
    assert starts[0] == 1
    assert starts[1] == len(run.events) - 2
    run.up(web)
    with run.deployer() as deployer:
        (removal,) = deployer.plan_up().actions
    assert (removal.verb, removal.hooks) == (Verb.DELETE, ())


def test_the_rest_of_a_failed_creation_is_deleted_only_after_the_hook(run: Run, make: Make) -> None:
    run.programs.known["migrate"] = make.program(code=1)
    web = make.single("web", settings=BOTH)
    run.aws.stacks.add(web.build(make.shop().context), status=StackStatus.ROLLBACK_COMPLETE)
    assert run.up(web) == {"web": "failed"}
    assert run.calls("delete_stack") == []


def test_a_program_that_is_not_there_is_named(run: Run, make: Make) -> None:
    assert run.up(make.single("web", settings=BOTH)) == {"web": "failed"}
    cause = run.told(StackFinished)[-1].cause
    assert cause.endswith("migrate '--all now', cannot be started: No such file or directory")


def test_a_hook_that_takes_too_long_is_ended(run: Run, make: Make) -> None:
    slow = make.program(code=None)
    run.programs.known["slow"] = slow
    hook = Hook(command=("slow",), when=When.BEFORE, timeout_seconds=30)
    assert run.up(make.single("web", settings=StackSettings(hooks=(hook,)))) == {"web": "failed"}
    assert slow.was_ended
    assert "took longer than 30 s" in run.told(StackFinished)[-1].cause
    assert sum(run.aws.clock.slept) < 32


def test_cancelling_ends_the_hook_that_runs_and_changes_nothing(run: Run, make: Make) -> None:
    endless = make.program(code=None)
    run.programs.known["endless"] = endless
    hook = Hook(command=("endless",), when=When.BEFORE)
    web = make.single("web", settings=StackSettings(hooks=(hook,)))

    def decide(_: object) -> Decision:
        return Decision.CANCEL if endless.started else Decision.WAIT

    with run.deployer(web, take_decision=decide) as deployer:
        (result,) = deployer.execute(deployer.preview(deployer.plan_up())).stacks
    assert endless.was_ended
    assert (result.outcome, result.cause) == (
        Outcome.CANCELLED,
        "cancelled before anything was changed",
    )
    assert run.aws.stacks.describe_stack("shop-dev-web") is None


def test_an_interrupt_ends_the_hook_that_runs(run: Run, make: Make) -> None:
    endless = make.program(code=None)
    run.programs.known["endless"] = endless

    def interrupt(seconds: float) -> None:
        if endless.started:
            raise KeyboardInterrupt(seconds)

    run.aws.clock.sleep = interrupt  # type: ignore[method-assign] # Ctrl-C comes at any moment
    hook = Hook(command=("endless",), when=When.BEFORE)
    with pytest.raises(KeyboardInterrupt):
        run.up(make.single("web", settings=StackSettings(hooks=(hook,))))
    assert endless.was_ended
    assert run.aws.stacks.change_sets == ()


def test_hooks_around_rollouts_are_no_part_of_the_work_on_a_stack(run: Run, make: Make) -> None:
    moments = (When.BEFORE_DEPLOY, When.AFTER_DEPLOY, When.FAILED_DEPLOY)
    hooks = tuple(Hook(command=("migrate",), when=each, on=tuple(On)) for each in moments)
    run.programs.known["migrate"] = program = make.program()
    web = make.single("web", settings=StackSettings(hooks=hooks))
    with run.deployer(web) as deployer:
        planned = deployer.plan_up()
    assert [each.hooks for each in planned.actions] == [()]
    assert run.up(web) == {"web": "created"}
    assert program.started is None


def test_those_who_are_told_of_rollouts_are_no_part_of_a_plan(run: Run, make: Make) -> None:
    told = (Webhook("https://chat.example.com/secret"),)
    web = make.single("web", settings=StackSettings(deploy_notifications=told))
    with run.deployer(web) as deployer:
        planned = deployer.plan_up()
    assert "secret" not in json.dumps(plain(planned))
    assert run.up(web) == {"web": "created"}
    with run.deployer(web) as deployer:
        assert deployer.plan_up().is_empty
