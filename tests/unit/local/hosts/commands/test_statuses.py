import pytest

from cdinfra.local.hosts.commands.conclusion import conclude
from cdinfra.local.hosts.commands.statuses import State, allowed, state_of_command

S = State


@pytest.mark.parametrize(
    ("states", "max_errors", "expected"),
    [
        ([], 0, S.NO_INSTANCES_IN_TAG),
        ([S.PENDING, S.PENDING], 0, S.PENDING),
        ([S.PENDING, S.SUCCESS], 0, S.IN_PROGRESS),
        ([S.IN_PROGRESS, S.FAILED], 0, S.IN_PROGRESS),
        ([S.CANCELLING, S.SUCCESS], 0, S.CANCELLING),
        ([S.SUCCESS, S.SUCCESS], 0, S.SUCCESS),
        ([S.SUCCESS, S.FAILED], 0, S.FAILED),
        ([S.SUCCESS, S.FAILED], 1, S.INCOMPLETE),
        ([S.SUCCESS, S.EXECUTION_TIMED_OUT], 0, S.EXECUTION_TIMED_OUT),
        ([S.FAILED, S.EXECUTION_TIMED_OUT], 0, S.FAILED),
        ([S.FAILED, S.TERMINATED], 0, S.FAILED),
        ([S.SUCCESS, S.DELIVERY_TIMED_OUT], 0, S.INCOMPLETE),
        ([S.DELIVERY_TIMED_OUT], 0, S.DELIVERY_TIMED_OUT),
        ([S.SUCCESS, S.CANCELLED], 0, S.CANCELLED),
        ([S.SUCCESS, S.UNDELIVERABLE], 0, S.SUCCESS),
        ([S.UNDELIVERABLE], 0, S.INCOMPLETE),
    ],
)
def test_a_command_is_as_its_invocations_are(
    states: list[State], max_errors: int, expected: State
) -> None:
    assert state_of_command(states, max_errors) is expected


def test_every_state_has_a_status_that_the_service_knows() -> None:
    known = {"Pending", "InProgress", "Success", "Cancelled", "Failed", "TimedOut", "Cancelling"}
    assert {state.status for state in State} == known


@pytest.mark.parametrize(
    ("limit", "targets", "expected"), [("0", 5, 0), ("50", 5, 50), ("10%", 5, 0), ("34%", 3, 1)]
)
def test_a_limit_is_a_number_or_a_share(limit: str, targets: int, expected: int) -> None:
    assert allowed(limit, targets) == expected


@pytest.mark.parametrize(
    ("exit_code", "state", "added"),
    [
        (0, S.SUCCESS, b""),
        (1, S.FAILED, b"failed to run commands: exit status 1"),
        (127, S.FAILED, b"failed to run commands: exit status 127"),
        (137, S.EXECUTION_TIMED_OUT, b""),
        (194, S.FAILED, b"exit status 194 asks for a reboot, which the local cloud does not do"),
        (168, S.SUCCESS, b""),
    ],
)
def test_an_exit_code_says_how_an_invocation_ended(
    exit_code: int, state: State, added: bytes
) -> None:
    conclusion = conclude(exit_code)
    assert (conclusion.state, conclusion.added_to_stderr) == (state, added)
    assert conclusion.response_code == exit_code


def test_a_success_that_ends_the_document_says_so() -> None:
    assert b"exited with code 168" in conclude(168).added_to_stdout
