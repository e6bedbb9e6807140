import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.errors import InvalidInputError, Problem
from cdinfra.local.fault_types import (
    ActiveFault,
    CallFault,
    CallFaultKind,
    Fault,
    ResourceAction,
    ResourceFault,
    ResourceFaultKind,
    read_active_fault,
    read_fault,
    write_active_fault,
    write_fault,
)

GLOBS = st.text(min_size=1, max_size=20)
COUNTS = {
    "after": st.integers(min_value=0, max_value=1000),
    "every": st.integers(min_value=1, max_value=1000),
    "times": st.none() | st.integers(min_value=1, max_value=1000),
    "seconds": st.floats(min_value=0.001, max_value=3600),
}
CALL_FAULTS = st.builds(
    CallFault, kind=st.sampled_from(CallFaultKind), service=GLOBS, operation=GLOBS, **COUNTS
)
RESOURCE_FAULTS = st.builds(
    ResourceFault,
    kind=st.sampled_from(ResourceFaultKind),
    stack=GLOBS,
    logical_id=GLOBS,
    resource_type=GLOBS,
    action=st.sampled_from(ResourceAction),
    reason=st.text(min_size=1).filter(str.strip),
    **COUNTS,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    ["kind", "service", "stack", "action", "after", "every", "times", "seconds", "reason", "x"]
)


@given(CALL_FAULTS | RESOURCE_FAULTS)
def test_a_fault_comes_back_from_json_as_it_was(fault: Fault) -> None:
    assert read_fault(json.loads(json.dumps(write_fault(fault)))) == fault


@given(CALL_FAULTS | RESOURCE_FAULTS, st.integers(min_value=0))
def test_an_active_fault_comes_back_from_json_as_it_was(fault: Fault, struck: int) -> None:
    active = ActiveFault(fault_id="fault-1", fault=fault, struck=struck)
    assert read_active_fault(json.loads(json.dumps(write_active_fault(active)))) == active


@given(JSON | st.dictionaries(FIELDS, JSON | st.sampled_from([*CallFaultKind, *ResourceFaultKind])))
def test_any_document_gives_a_fault_or_problems(document: object) -> None:
    problems: tuple[Problem, ...] = ()
    fault: Fault | None = None
    try:
        fault = read_fault(document)
    except InvalidInputError as error:
        problems = error.problems
    assert bool(problems) != bool(fault)


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(InvalidInputError) as error:
        read_fault({"kind": "throttled", "servise": "s3", "times": 0, "seconds": 1e9})
    assert [problem.path for problem in error.value.problems] == [
        "fault/servise",
        "fault/times",
        "fault/seconds",
    ]
    assert error.value.problems[0].hint == "did you mean 'service'?"


def test_the_nearest_kind_is_named() -> None:
    with pytest.raises(InvalidInputError, match="did you mean 'throttled'"):
        read_fault({"kind": "throttle"})


def test_a_setting_of_the_other_sort_of_fault_is_unknown() -> None:
    with pytest.raises(InvalidInputError, match="fault/stack: is unknown"):
        read_fault({"kind": "throttled", "stack": "web"})
