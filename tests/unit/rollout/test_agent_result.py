from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.rollout.agent_result import LONGEST_LINE, AgentOutcome, parse_result

FAILED = {
    "verb": "deploy",
    "outcome": "failed",
    "message": "not healthy after 3 s: GET / answered 500",
    "log": ["boom"],
    "seconds": 4.2,
}


def test_the_last_line_is_the_result_whatever_stands_above_it() -> None:
    output = "\n".join(["pulling …", json.dumps({"outcome": "changed"}), json.dumps(FAILED), ""])
    found = parse_result(output)
    assert (found.outcome, found.verb, found.seconds) == (AgentOutcome.FAILED, "deploy", 4.2)
    assert (found.message, found.log) == (FAILED["message"], ("boom",))
    assert found.details == FAILED
    assert not found.outcome.is_success


@pytest.mark.parametrize("outcome", ["changed", "unchanged", "pulled", "present", "drained"])
def test_what_went_well_has_no_message(outcome: str) -> None:
    found = parse_result(json.dumps({"outcome": outcome, "release": "web@sha256:0"}))
    assert (str(found.outcome), found.message) == (outcome, "")
    assert found.outcome.is_success


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("", "it wrote nothing"),
        ("\n \n", "it wrote nothing"),
        ("sh: cdinfra-host: not found\n", "it wrote 'sh: cdinfra-host: not found'"),
        ("[1]", "it wrote '[1]'"),
        ('{"outcome": "exploded"}', "its agent says 'exploded', which is not known"),
        ('{"verb": "pull"}', "its agent says 'None', which is not known"),
        ('{"outcome": ["changed"]}', "its agent says \"['changed']\", which is not known"),
    ],
)
def test_what_is_not_understood_is_said_so(output: str, message: str) -> None:
    found = parse_result(output)
    assert (found.outcome, found.message) == (AgentOutcome.UNKNOWN, message)


def test_a_failure_without_a_reason_says_that() -> None:
    assert parse_result('{"outcome": "busy", "message": 7}').message == "it does not say why"


def test_a_log_is_cut_and_what_is_no_line_is_left_out() -> None:
    said = {"outcome": "failed", "log": [*map(str, range(30)), None, "x" * 9000], "seconds": True}
    found = parse_result(json.dumps(said))
    assert (len(found.log), found.log[0], len(found.log[-1])) == (20, "11", LONGEST_LINE)
    assert found.seconds is None


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
NAMES = st.sampled_from(["verb", "outcome", "message", "log", "seconds", "x"])


@given(st.text() | st.dictionaries(NAMES, JSON).map(json.dumps))
def test_no_text_is_too_strange(output: str) -> None:
    found = parse_result(output)
    assert found.message or found.outcome.is_success
