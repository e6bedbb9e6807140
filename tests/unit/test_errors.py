import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdinfra import errors
from cdinfra.errors import CdinfraError, InvalidInputError, Problem, nearest

ERROR_CLASSES = [
    value
    for _, value in inspect.getmembers(errors, inspect.isclass)
    if issubclass(value, CdinfraError)
]


def test_a_problem_reads_as_one_line_that_starts_with_its_path() -> None:
    problem = Problem(path="stacks/web", message="is added twice", hint="rename one")
    assert str(problem) == "stacks/web: is added twice (rename one)"
    assert str(Problem(path="env", message="is missing")) == "env: is missing"


def test_every_problem_is_told_not_only_the_first() -> None:
    error = InvalidInputError([Problem(path="a", message="x"), Problem(path="b", message="y")])
    assert error.message == "a: x\nb: y"
    assert len(error.problems) == 2


@pytest.mark.parametrize("error", ERROR_CLASSES)
def test_every_error_has_its_place_in_the_drawn_tree(error: type[CdinfraError]) -> None:
    words = [line.strip("│├└─ ").split() for line in (errors.__doc__ or "").splitlines()]
    drawn = {row[0]: row[1] for row in words if row and row[0].endswith("Error")}
    assert error.__name__ in drawn
    parent = error.__mro__[1]
    if getattr(parent, "exit_code", None) == error.exit_code:
        assert not drawn[error.__name__].isdigit(), "an inherited code is not repeated"
    else:
        assert drawn[error.__name__] == str(error.exit_code)


@given(st.text(), st.lists(st.text(min_size=1)))
def test_a_nearest_name_is_always_one_that_is_allowed(name: str, allowed: list[str]) -> None:
    hint = nearest(name, allowed)
    if not allowed:
        assert hint == "none is defined"
    else:
        assert any(repr(choice) in hint for choice in allowed)
