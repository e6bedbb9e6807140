import json
from datetime import UTC, datetime

from cdinfra.cli.render.as_json import document, error_object, event_object, line, plan_object
from cdinfra.deploy.plan import Plan, StackAction, Verb
from cdinfra.errors import InvalidInputError, LocalCloudError, Problem
from cdinfra.events import (
    ExpectedTimes,
    Notice,
    Outcome,
    ResourceChanged,
    StackFinished,
    StackStarted,
)


def test_a_plan_survives_the_way_through_json() -> None:
    action = StackAction(
        stack="web", stack_name="shop-dev-web", verb=Verb.CREATE, after=("net",), body="{}"
    )
    value = json.loads(document(plan_object(Plan(app="shop", env="dev", actions=(action,)))))
    assert value["app"] == "shop"
    assert value["is_empty"] is False
    assert "body" not in value["actions"][0]
    assert value["actions"][0]["verb"] == "create"
    assert value["actions"][0]["after"] == ["net"]


def test_each_event_names_its_kind() -> None:
    moment = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
    changed = ResourceChanged(
        stack="web", timestamp=moment, logical_id="A", physical_id="", resource_type="T", status="S"
    )
    events = (
        StackStarted(stack="web", stack_name="w", verb="create"),
        changed,
        StackFinished(stack="web", stack_name="w", outcome=Outcome.CREATED),
        Notice(message="x"),
        ExpectedTimes(stack="web", times=()),
    )
    objects = [json.loads(line(event_object(event))) for event in events]
    assert [each["event"] for each in objects] == [
        "stack_started",
        "resource_changed",
        "stack_finished",
        "notice",
        "expected_times",
    ]
    assert objects[1]["timestamp"] == "2026-01-31T12:00:00+00:00"
    assert "\n" not in line(event_object(changed))


def test_an_error_carries_its_exit_code_and_every_problem() -> None:
    wrong = InvalidInputError([Problem(path="a", message="x"), Problem(path="b", message="y")])
    assert error_object(wrong)["error"] == {
        "kind": "InvalidInputError",
        "message": "a: x\nb: y",
        "hint": "",
        "exit_code": 2,
        "problems": [
            {"path": "a", "message": "x", "hint": "", "allowed": []},
            {"path": "b", "message": "y", "hint": "", "allowed": []},
        ],
    }
    assert error_object(LocalCloudError("gone", hint="start it"))["error"]["exit_code"] == 3
