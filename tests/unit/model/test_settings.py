from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdinfra import App
from cdinfra.errors import InvalidInputError
from cdinfra.model import (
    BuildContext,
    Hook,
    On,
    OnFailure,
    OutputReference,
    StackSettings,
    StackTemplate,
    When,
    parse_settings,
    settings_object,
)
from cdinfra.model.settings import merged

ROLE = "arn:aws:iam::123456789012:role/team/deployer"
TOPIC = "arn:aws:sns:eu-central-1:123456789012:alerts"
ALARM = "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:too many errors"
ALLOW = {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}
TOPIC_OUTPUT = OutputReference(stack="alerts", output="TopicArn")
HOOK = Hook(command=("python", "migrate.py"), when=When.BEFORE, on=(On.CREATE, On.DELETE))
EVERYTHING = StackSettings(
    role_arn=ROLE,
    notification_arns=(TOPIC, TOPIC_OUTPUT),
    tags={"team": "red"},
    termination_protection=True,
    stack_policy={"Statement": [ALLOW]},
    rollback_alarms=[ALARM],
    monitoring_minutes=180,
    creation_timeout_minutes=30,
    on_failure=OnFailure.KEEP,
    hooks=(HOOK,),
)


@dataclass
class Plain:
    name: str
    foundational: bool = False
    settings: StackSettings = field(default_factory=StackSettings)

    def build(self, context: BuildContext) -> StackTemplate:
        return StackTemplate(
            name=self.name,
            stack_name=context.stack_name(self.name),
            document={
                "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
                "Outputs": {"TopicArn": {"Value": {"Ref": "Topic"}}},
            },
            tags=context.all_tags(),
            settings=self.settings,
        )


def refused(**settings: Any) -> str:
    with pytest.raises(InvalidInputError) as caught:
        StackSettings(**settings)
    return caught.value.message


def shop(**tags: str) -> App:
    return App("shop", env="dev", owner="team", tags=tags)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"role_arn": "deployer"}, "settings/role_arn: 'deployer' is no such ARN (for example"),
        ({"role_arn": TOPIC}, "is no such ARN"),
        ({"notification_arns": TOPIC}, "notification_arns: 'arn:aws:sns:eu-central-1"),
        ({"notification_arns": (ROLE,)}, "settings/notification_arns/0: "),
        ({"notification_arns": [f"{TOPIC}{n}" for n in range(6)]}, "has 6 ARNs (at most 5)"),
        ({"notification_arns": (TOPIC, TOPIC)}, "names one twice"),
        ({"tags": {"cdinfra:app": "x"}}, "settings/tags/cdinfra:app: aws: and cdinfra: are"),
        ({"tags": "red"}, "settings/tags: 'red' is no dict"),
        ({"termination_protection": "yes"}, "'yes' is neither True nor False"),
        ({"rollback_alarms": (TOPIC,)}, "settings/rollback_alarms/0: "),
        ({"monitoring_minutes": 181}, "181 are no minutes (a whole number from 0 to 180)"),
        ({"monitoring_minutes": True}, "True are no minutes"),
        ({"creation_timeout_minutes": 0}, "0 are no minutes (a whole number, at least 1)"),
        ({"on_failure": "keeep"}, "'keeep' is not one (did you mean 'keep'?)"),
        ({"hooks": HOOK}, "is no sequence of hooks"),
        ({"hooks": ("migrate",)}, "settings/hooks/0: 'migrate' is no Hook"),
        ({"stack_policy": "none"}, "has no list of statements"),
        ({"stack_policy": {"Statement": []}}, "has no list of statements"),
        ({"stack_policy": {"Statement": ["x"]}}, "Statement/0: is no dict"),
        ({"stack_policy": {"Statement": [{1, 2}]}}, "settings/stack_policy: is no JSON"),
        (
            {"stack_policy": {"Statement": [{**ALLOW, "Action": "Update:Replaced"}]}},
            "Action: 'Update:Replaced' is none (one of 'Update:Modify'",
        ),
        ({"stack_policy": {"Statement": [{**ALLOW, "Resource": "Bucket"}]}}, "'Bucket' is none"),
        ({"stack_policy": {"Statement": [{**ALLOW, "Effect": "Forbid"}]}}, "Effect: is neither"),
        ({"stack_policy": {"Statement": [{**ALLOW, "Principal": "me"}]}}, "Principal: is not"),
        (
            {"stack_policy": {"Statement": [{**ALLOW, "NotAction": "Update:*"}]}},
            "needs one of Action and NotAction",
        ),
        (
            {"stack_policy": {"Statement": [ALLOW] * 300}},
            "bytes (at most 16,384)",
        ),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_allowed(
    settings: dict[str, Any], message: str
) -> None:
    assert message in refused(**settings)


def test_everything_wrong_is_named_at_once() -> None:
    lines = refused(role_arn="x", monitoring_minutes=-1, hooks=7).splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "settings/role_arn",
        "settings/monitoring_minutes",
        "settings/hooks",
    ]


@given(st.dictionaries(st.sampled_from(sorted(StackSettings.__annotations__)), st.integers()))
def test_whatever_is_passed_is_settings_or_one_clear_error(settings: dict[str, Any]) -> None:
    paths = []
    try:
        made = StackSettings(**settings)
    except InvalidInputError as error:
        paths = [each.path for each in error.problems]
    assert all(path.startswith("settings/") for path in paths)
    assert paths or isinstance(made, StackSettings)


@pytest.mark.parametrize(
    ("hook", "message"),
    [
        ({"command": "python migrate.py"}, "is no sequence of a program and its arguments"),
        ({"command": ()}, "is no sequence of a program"),
        ({"command": ("",)}, "names no program"),
        ({"command": ("python", 3)}, "3 is no argument"),
        (
            {"when": "during"},
            "hook/when: 'during' is not one (one of 'after', 'after_deploy', 'before', ",
        ),
        ({"on": "create"}, "is no sequence of what is done"),
        ({"on": ("upate",)}, "hook/on: 'upate' is not one (did you mean 'update'?)"),
        ({"timeout_seconds": 0}, "0 is no duration"),
    ],
)
def test_a_wrong_hook_is_refused(hook: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        Hook(**{"command": ("python", "migrate.py"), "when": When.BEFORE, **hook})
    assert message in caught.value.message


def test_a_stack_takes_from_the_app_what_it_does_not_set_itself() -> None:
    app = shop(color="blue")
    app.settings = StackSettings(role_arn=ROLE, termination_protection=True, tags={"team": "red"})
    own = StackSettings(termination_protection=False, tags={"team": "green"})
    app.add(Plain("one"))
    app.add(Plain("two"), settings=own)
    one, two = app.build()
    assert (one.settings.role_arn, one.settings.termination_protection) == (ROLE, True)
    assert (two.settings.role_arn, two.settings.termination_protection) == (ROLE, False)
    assert (one.tags["team"], two.tags["team"], two.tags["color"]) == ("red", "green", "blue")


def test_a_stack_class_may_come_with_settings_and_the_app_file_has_the_last_word() -> None:
    app = shop()
    app.settings = StackSettings(monitoring_minutes=1, creation_timeout_minutes=1)
    stack = Plain("one", settings=StackSettings(monitoring_minutes=2, on_failure=OnFailure.KEEP))
    app.add(stack, settings=StackSettings(on_failure=OnFailure.DELETE))
    (built,) = app.build()
    assert (built.settings.monitoring_minutes, built.settings.creation_timeout_minutes) == (2, 1)
    assert built.settings.on_failure is OnFailure.DELETE


def test_an_output_in_the_settings_makes_a_stack_wait_for_the_other() -> None:
    app = shop()
    app.add(Plain("web"), settings=StackSettings(notification_arns=(TOPIC_OUTPUT,)))
    app.add(Plain("alerts"))
    assert [each.name for each in app.build()] == ["alerts", "web"]


def test_a_stack_cannot_be_set_up_with_its_own_output() -> None:
    app = shop()
    app.settings = StackSettings(notification_arns=(TOPIC_OUTPUT,))
    app.add(Plain("alerts"))
    with pytest.raises(InvalidInputError) as caught:
        app.build()
    assert caught.value.message.startswith(
        "stacks/alerts/settings: refer to 'TopicArn', an output of the stack itself"
    )


def test_a_policy_that_names_no_resource_of_the_stack_is_refused() -> None:
    app = shop()
    policy = {"Statement": [{**ALLOW, "Resource": ["LogicalResourceId/Topik", "*"]}]}
    app.add(Plain("alerts"), settings=StackSettings(stack_policy=policy))
    with pytest.raises(InvalidInputError) as caught:
        app.build()
    assert "'Topik' is no resource of the stack (did you mean 'Topic'?)" in caught.value.message
    wild = {"Statement": [{**ALLOW, "Resource": "LogicalResourceId/Top*"}]}
    app = shop()
    app.add(Plain("alerts"), settings=StackSettings(stack_policy=wild))
    assert app.build()


def test_more_than_fifty_tags_are_refused() -> None:
    app = shop(**{f"a{n}": "x" for n in range(40)})
    app.add(Plain("one"), settings=StackSettings(tags={f"b{n}": "x" for n in range(8)}))
    with pytest.raises(InvalidInputError, match="has 51 tags with those of the app"):
        app.build()


def test_what_is_no_settings_is_refused() -> None:
    app = shop()
    with pytest.raises(InvalidInputError, match=r"stacks/one/settings: \{\} are no"):
        app.add(Plain("one"), settings={})  # type: ignore[arg-type] # an ordinary mistake
    with pytest.raises(InvalidInputError, match="app/settings: None are no settings"):
        app.settings = None  # type: ignore[assignment] # as above


def test_settings_survive_json() -> None:
    there = json.loads(json.dumps(settings_object(EVERYTHING)))
    back = parse_settings("stacks/web/settings", there)
    assert back == replace(EVERYTHING, rollback_alarms=(ALARM,))
    assert parse_settings("x", settings_object(StackSettings())) == StackSettings()


@pytest.mark.parametrize(
    "value",
    [[], {"rolle_arn": ROLE}, {"hooks": [{}]}, {"on_failure": "x"}, {"role_arn": {"a": "b"}}],
)
def test_json_that_holds_no_settings_is_refused(value: object) -> None:
    with pytest.raises(InvalidInputError, match=r"^stacks/web/settings: "):
        parse_settings("stacks/web/settings", value)


def test_merging_is_per_setting_and_leaves_both_as_they_are() -> None:
    assert merged(StackSettings(), EVERYTHING) == EVERYTHING
    assert merged(EVERYTHING, StackSettings()) == EVERYTHING
    assert merged(EVERYTHING, StackSettings(hooks=())).hooks == ()
