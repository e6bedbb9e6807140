from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from cdinfra.aws.change_set import ChangeSet, ChangeSetStatus
from cdinfra.aws.operation_settings import OperationSettings
from cdinfra.deploy.plan import Verb
from cdinfra.errors import CloudError, InvalidInputError, StackFailedError
from cdinfra.model import OnFailure, OutputReference, StackSettings

if TYPE_CHECKING:
    from cdinfra.deploy.plan import StackAction
    from tests.unit.deploy.conftest import Make, PlainStack, Run

ROLE = "arn:aws:iam::123456789012:role/deployer"
TOPIC = "arn:aws:sns:eu-central-1:123456789012:alerts"
ALARM = "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:errors"
REFERENCE = OutputReference(stack="alerts", output="TopicArn")
POLICY = {
    "Statement": [{"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}]
}


class RefusedError(Exception):
    response: ClassVar = {"ResponseMetadata": {"HTTPStatusCode": 400}}


def diff(run: Run, *stacks: PlainStack) -> tuple[StackAction, ...]:
    with run.deployer(*stacks) as deployer:
        return deployer.preview(deployer.plan_up(wait=False)).actions


def values(action: StackAction) -> dict[str, tuple[str | None, str | None]]:
    return {each.name: (each.before, each.after) for each in action.values}


def web(make: Make, *, changed: bool = False, **settings: Any) -> PlainStack:
    attributes: dict[str, object] = {"DependsOn": []} if changed else {}
    return make.single("web", settings=StackSettings(**settings), **attributes)


def test_a_creation_carries_all_settings(run: Run, make: Make) -> None:
    stack = web(
        make,
        role_arn=ROLE,
        notification_arns=[TOPIC],
        rollback_alarms=(ALARM,),
        monitoring_minutes=5,
        termination_protection=True,
        stack_policy=POLICY,
    )
    (action,) = diff(run, stack)
    assert values(action) == {
        "Settings.RoleARN": (None, ROLE),
        "Settings.NotificationARNs": (None, TOPIC),
        "Settings.RollbackAlarms": (None, ALARM),
        "Settings.MonitoringMinutes": (None, "5"),
        "Settings.TerminationProtection": ("off", "on"),
        "Settings.StackPolicy": (None, action.sets_policy),
    }
    assert run.up(stack) == {"web": "created"}
    made = run.aws.stacks.stack("shop-dev-web")
    assert made.settings == OperationSettings(
        role_arn=ROLE,
        notification_arns=(TOPIC,),
        rollback_alarms=(ALARM,),
        monitoring_minutes=5,
    )
    assert made.protected
    assert '"Update:*"' in made.policy
    assert run.up(stack) == {"web": "unchanged"}


def test_protection_comes_after_a_creation_that_went_well(run: Run, make: Make) -> None:
    run.aws.stacks.fail("shop-dev-web", "Topic", "no")
    assert run.up(web(make, termination_protection=True)) == {"web": "failed"}
    assert run.calls("set_termination_protection") == []


def test_what_differs_is_shown_and_set(run: Run, make: Make) -> None:
    run.up(web(make, notification_arns=(TOPIC,), monitoring_minutes=5))
    wanted = web(make, notification_arns=(), rollback_alarms=(ALARM,), stack_policy=POLICY)
    (action,) = diff(run, wanted)
    assert action.verb is Verb.UPDATE
    shown = values(action)
    assert shown.pop("Settings.StackPolicy")[0] is None
    assert shown == {
        "Settings.NotificationARNs": (TOPIC, None),
        "Settings.RollbackAlarms": (None, ALARM),
        "Settings.MonitoringMinutes": ("5", None),
    }
    assert run.up(wanted) == {"web": "updated"}
    assert run.up(wanted) == {"web": "unchanged"}


def test_settings_that_need_no_change_set_get_none(run: Run, make: Make) -> None:
    run.up(web(make))
    before = len(run.calls("create_change_set"))
    wanted = web(make, termination_protection=True, stack_policy=POLICY)
    (action,) = diff(run, wanted)
    assert values(action)["Settings.TerminationProtection"] == ("off", "on")
    assert (action.verb, action.needs_change_set) == (Verb.UPDATE, False)
    assert run.up(wanted) == {"web": "updated"}
    assert run.up(wanted) == {"web": "unchanged"}
    assert len(run.calls("create_change_set")) == before
    assert len(run.calls("set_stack_policy")) == len(run.calls("set_termination_protection")) == 1


def test_protection_that_code_does_not_want_any_more_is_taken_off(run: Run, make: Make) -> None:
    run.up(web(make, termination_protection=True))
    (action,) = diff(run, web(make))
    assert values(action) == {"Settings.TerminationProtection": ("on", "off")}
    run.up(web(make))
    assert not run.aws.stacks.stack("shop-dev-web").protected


def test_a_policy_is_asked_for_only_where_one_is_wanted(run: Run, make: Make) -> None:
    run.up(make.single("one"), web(make, stack_policy=POLICY))
    run.aws.stacks.calls.clear()
    run.up(make.single("one"), web(make, stack_policy=POLICY))
    assert [each.split()[0] for each in run.aws.stacks.calls] == [
        "describe_stacks",
        "get_template",
        "get_template",
        "get_stack_policy",
    ]


def test_a_policy_that_says_the_same_is_no_change(run: Run, make: Make) -> None:
    run.up(web(make, stack_policy=POLICY))
    run.aws.stacks.stack("shop-dev-web").policy = (
        '{ "Statement": [{"Principal": "*", "Resource": "*", "Effect": "Allow",'
        ' "Action": "Update:*"}]}'
    )
    assert run.up(web(make, stack_policy=POLICY)) == {"web": "unchanged"}


def test_protection_and_policy_are_set_before_an_update(run: Run, make: Make) -> None:
    run.up(web(make))
    run.aws.stacks.calls.clear()
    wanted = web(make, changed=True, termination_protection=True, stack_policy=POLICY)
    assert run.up(wanted) == {"web": "updated"}
    calls = [each.split()[0] for each in run.aws.stacks.calls]
    assert calls.index("set_stack_policy") < calls.index("execute_change_set")
    assert calls.index("set_termination_protection") < calls.index("execute_change_set")


def test_another_role_alone_waits_for_the_next_change(run: Run, make: Make) -> None:
    run.up(web(make))
    (action,) = diff(run, web(make, role_arn=ROLE))
    assert action.verb is Verb.UNCHANGED
    assert action.reason == "gets Settings.RoleARN with its next change, not by itself"
    run.up(web(make, role_arn=ROLE, changed=True))
    assert run.aws.stacks.stack("shop-dev-web").settings.role_arn == ROLE
    assert run.up(web(make, changed=True)) == {"web": "unchanged"}


def test_a_setting_that_cloudformation_finds_no_change_in_is_told(run: Run, make: Make) -> None:
    run.up(web(make))
    wanted = web(make, notification_arns=(TOPIC,), termination_protection=True)
    empty = ChangeSet(
        arn="a", stack_id="s", status=ChangeSetStatus.FAILED, is_empty=True, reason="no changes"
    )
    run.aws.stacks.describe_change_set = lambda _: empty  # type: ignore[method-assign] # AWS may
    (action,) = diff(run, wanted)
    assert values(action) == {"Settings.TerminationProtection": ("off", "on")}
    assert action.reason == "gets Settings.NotificationARNs with its next change, not by itself"
    assert run.up(wanted) == {"web": "updated"}
    assert run.up(wanted) == {"web": "unchanged"}


def test_an_output_of_a_stack_made_in_the_same_run_is_read_when_its_turn_comes(
    run: Run, make: Make
) -> None:
    stack = web(make, notification_arns=(REFERENCE,))
    (_, action) = diff(run, make.single("alerts"), stack)
    assert action.pending_settings == ("alerts.TopicArn",)
    assert run.up(make.single("alerts"), stack) == {"alerts": "created", "web": "created"}
    settings = run.aws.stacks.stack("shop-dev-web").settings
    assert settings.notification_arns == ("shop-dev-alerts-topic",)


def test_a_deployed_stack_that_gets_an_output_of_a_new_one_shows_its_name(
    run: Run, make: Make
) -> None:
    run.up(web(make))
    stack = web(make, notification_arns=(REFERENCE,))
    (_, action) = diff(run, make.single("alerts"), stack)
    assert values(action) == {"Settings.NotificationARNs": (None, "(output alerts.TopicArn)")}
    assert run.up(make.single("alerts"), stack) == {"alerts": "created", "web": "updated"}
    assert run.up(make.single("alerts"), stack) == {"alerts": "unchanged", "web": "unchanged"}


def test_an_unchanged_stack_follows_an_output_that_has_become_another(run: Run, make: Make) -> None:
    stack = web(make, notification_arns=(REFERENCE,))
    run.up(make.single("alerts"), stack)
    other = make.plain(
        name="alerts",
        document={
            "Resources": {"Other": {"Type": "AWS::SNS::Topic"}},
            "Outputs": {"TopicArn": {"Value": {"Ref": "Other"}}},
        },
    )
    (_, action) = diff(run, other, stack)
    assert (action.verb, action.reason) == (
        Verb.UNCHANGED,
        "changes if the outputs of alerts change",
    )
    assert run.up(other, stack) == {"alerts": "updated", "web": "updated"}
    settings = run.aws.stacks.stack("shop-dev-web").settings
    assert settings.notification_arns == ("shop-dev-alerts-other",)


def test_an_output_of_a_stack_that_is_not_there_is_refused(run: Run, make: Make) -> None:
    stack = web(make, notification_arns=(REFERENCE,))
    stacks = (make.single("alerts"), stack)
    with run.deployer(*stacks) as deployer, pytest.raises(InvalidInputError) as caught:
        deployer.plan_up(only=("web",))
    assert "needs the stack 'alerts', which does not exist yet" in caught.value.message


def test_an_output_that_no_template_has_is_refused(run: Run, make: Make) -> None:
    wrong = OutputReference(stack="alerts", output="TopicARN")
    stacks = (make.single("alerts"), web(make, notification_arns=(wrong,)))
    with run.deployer(*stacks) as deployer, pytest.raises(InvalidInputError) as caught:
        deployer.plan_up()
    assert caught.value.message.startswith(
        "stacks/web/settings: the stack 'alerts' has no output 'TopicARN'"
    )


def test_a_time_limit_goes_with_the_one_call_that_knows_it(run: Run, make: Make) -> None:
    stack = web(make, creation_timeout_minutes=7, stack_policy=POLICY)
    assert run.up(stack) == {"web": "created"}
    assert run.aws.stacks.stack("shop-dev-web").timeout_minutes == 7
    assert run.calls("create_stack") == ["create_stack shop-dev-web"]
    assert run.calls("set_stack_policy")
    assert run.up(web(make, creation_timeout_minutes=9, stack_policy=POLICY)) == {
        "web": "unchanged"
    }


def test_a_creation_with_a_time_limit_that_is_refused_has_failed(run: Run, make: Make) -> None:
    refusal = CloudError("no")
    refusal.__cause__ = RefusedError("no")
    run.aws.stacks.script("create_stack", refusal)
    assert run.up(web(make, creation_timeout_minutes=7)) == {"web": "failed"}


def test_a_setting_that_cannot_be_applied_makes_the_stack_fail(run: Run, make: Make) -> None:
    run.aws.stacks.script("set_stack_policy", CloudError("not authorized to set the policy"))
    stack = web(make, stack_policy=POLICY, on_failure=OnFailure.KEEP)
    assert run.up(stack) == {"web": "failed"}
    assert run.up(stack) == {"web": "updated"}


def test_down_says_how_the_protection_is_taken_off(run: Run, make: Make) -> None:
    stack = web(make, termination_protection=True)
    run.up(stack)
    with run.deployer(stack) as deployer, pytest.raises(StackFailedError) as caught:
        deployer.plan_down()
    assert caught.value.hint == "set termination_protection=False for 'web', then: cdinfra up web"
    with run.deployer() as deployer, pytest.raises(StackFailedError) as caught:
        deployer.plan_up()
    assert caught.value.hint == (
        "put it back into infra.py, or: aws cloudformation update-termination-protection "
        "--no-enable-termination-protection --stack-name shop-dev-web"
    )
