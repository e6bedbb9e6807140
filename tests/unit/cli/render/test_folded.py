from hypothesis import given
from hypothesis import strategies as st

from cdinfra.cli.render.folded import MOST_RESOURCES, Folded, Line, folded
from cdinfra.cli.render.progress import ResourceProgress, StackProgress
from cdinfra.deploy.plan import Verb
from cdinfra.events import Outcome


def stack(number: int, *, active: int = 0, outcome: Outcome | None = None) -> StackProgress:
    """Return a stack; without resources under way and outcome it waits."""
    names = [f"R{each}" for each in range(active)]
    return StackProgress(
        stack=f"s{number}",
        stack_name=f"shop-dev-s{number}",
        verb=Verb.CREATE,
        started=1.0 if active or outcome else None,
        outcome=outcome,
        active={
            name: ResourceProgress(
                logical_id=name, resource_type="T", status="CREATE_IN_PROGRESS", started=1.0
            )
            for name in names
        },
    )


def shown(*lines: Line) -> list[str]:
    return [
        each.text
        if isinstance(each, Folded)
        else each.stack
        if isinstance(each, StackProgress)
        else each.logical_id
        for each in lines
    ]


def test_what_fits_is_shown_each_stack_before_its_resources() -> None:
    stacks = (stack(1, outcome=Outcome.CREATED), stack(2, active=2), stack(3, active=1), stack(4))
    assert shown(*folded(stacks, 20)) == ["s1", "s2", "R0", "R1", "s3", "R0", "s4"]


def test_resources_share_the_lines_that_are_left() -> None:
    stacks = (stack(1, active=5), stack(2, active=1), stack(3, active=5))
    assert (
        shown(*folded(stacks, 8))
        == [
            *("s1", "R0", "and 4 more"),
            *("s2", "R0"),
            *("s3", "R0", "and 4 more"),
        ][:8]
    )


def test_one_line_for_many_resources_counts_them() -> None:
    assert shown(*folded((stack(1, active=5), stack(2)), 3)) == [
        "s1",
        "5 resources under way",
        "s2",
    ]


def test_a_long_list_of_resources_is_cut_however_tall_the_terminal_is() -> None:
    lines = shown(*folded((stack(1, active=30),), 100))
    assert len(lines) == 1 + MOST_RESOURCES
    assert lines[-1] == "and 23 more"


def test_too_many_stacks_are_folded_into_those_done_and_those_waiting() -> None:
    done = [stack(each, outcome=Outcome.CREATED) for each in range(10)]
    failed = stack(10, outcome=Outcome.FAILED)
    waiting = [stack(each) for each in range(12, 40)]
    stacks = (*done, failed, stack(11, active=1), *waiting)
    assert shown(*folded(stacks, 8)) == [
        "10 stacks done",
        "s10",
        "s11",
        "R0",
        "28 stacks waiting",
    ]


def test_even_those_under_way_are_folded_where_they_do_not_fit() -> None:
    stacks = [stack(each, active=1) for each in range(9)]
    assert shown(*folded(stacks, 3)) == ["s0", "s1", "and 7 stacks more"]


STACKS = st.lists(
    st.integers(0, 20) | st.sampled_from((Outcome.CREATED, Outcome.FAILED, Outcome.SKIPPED)),
    max_size=40,
)


@given(STACKS, st.integers(3, 50))
def test_the_lines_always_fit_and_count_every_stack(
    kinds: list[int | Outcome], height: int
) -> None:
    stacks = [
        stack(number, outcome=kind) if isinstance(kind, Outcome) else stack(number, active=kind)
        for number, kind in enumerate(kinds)
    ]
    lines = folded(stacks, height)
    assert len(lines) <= height
    counted = sum(
        int(each.text.split()[each.text.startswith("and")])
        for each in lines
        if isinstance(each, Folded) and "stack" in each.text
    )
    assert counted + sum(isinstance(each, StackProgress) for each in lines) == len(stacks)


@given(STACKS)
def test_resources_stand_below_their_own_stack(kinds: list[int | Outcome]) -> None:
    numbers = [kind for kind in kinds if isinstance(kind, int)]
    owner: StackProgress | None = None
    for line in folded([stack(each, active=active) for each, active in enumerate(numbers)], 60):
        if isinstance(line, StackProgress):
            owner = line
        elif isinstance(line, ResourceProgress):
            assert owner is not None
            assert owner.active[line.logical_id] is line
