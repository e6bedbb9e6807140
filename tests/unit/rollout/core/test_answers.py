import json

import pytest

from cdinfra.rollout.answers import Verdict, judge
from cdinfra.rollout.transport import Ended, Ending


def ended(output: str, *, code: int = 0) -> Ended:
    return Ended(instance_id="i-1", ending=Ending.DONE, exit_code=code, output=output)


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        ("changed", Verdict.DONE),
        ("unchanged", Verdict.DONE),
        ("pulled", Verdict.DONE),
        ("present", Verdict.DONE),
        ("failed", Verdict.FAILED),
        ("invalid", Verdict.FAILED),
        ("refused", Verdict.REFUSED),
        ("busy", Verdict.BUSY),
    ],
)
def test_what_the_agent_says_decides(outcome: str, verdict: Verdict) -> None:
    answer = judge(ended(json.dumps({"outcome": outcome, "message": "because"})))
    assert answer.verdict is verdict
    assert answer.reason == ("" if verdict is Verdict.DONE else "because")


@pytest.mark.parametrize("output", ["", "no JSON", "[]", '{"outcome": "new"}', '{"outcome": 1}'])
def test_an_answer_that_is_not_understood_may_have_done_anything(output: str) -> None:
    answer = judge(ended(output, code=1))
    assert answer.verdict is Verdict.UNSURE
    assert "exit code 1" in answer.reason


def test_a_host_without_the_agent_has_failed() -> None:
    answer = judge(ended("sh: 1: /usr/local/bin/cdinfra-host: not found", code=127))
    assert (answer.verdict, answer.reason) == (Verdict.FAILED, "it has no cdinfra-host")


@pytest.mark.parametrize("ending", [Ending.TIMED_OUT, Ending.LOST, Ending.CANCELLED])
def test_a_command_that_was_lost_sight_of_may_have_run(ending: Ending) -> None:
    answer = judge(Ended(instance_id="i-1", ending=ending))
    assert answer.verdict is Verdict.UNSURE
    assert answer.reason


def test_a_host_out_of_reach_cannot_have_begun() -> None:
    answer = judge(Ended(instance_id="i-1", ending=Ending.UNREACHABLE, problem="offline"))
    assert (answer.verdict, answer.reason) == (Verdict.UNREACHABLE, "offline")
