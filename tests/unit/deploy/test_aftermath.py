import pytest

from cdinfra.aws.stack_status import StackStatus
from cdinfra.deploy.aftermath import AFTERMATHS
from cdinfra.deploy.summary import StackSummary


def test_every_status_that_tells_of_a_failure_has_a_row_and_no_other() -> None:
    failing = {each for each in StackStatus if "FAILED" in each or "ROLLBACK" in each}
    assert AFTERMATHS.keys() == failing


@pytest.mark.parametrize(
    ("status", "in_app", "command"),
    [
        (StackStatus.ROLLBACK_COMPLETE, True, "cdinfra up web"),
        (StackStatus.ROLLBACK_COMPLETE, False, "cdinfra down web"),
        (StackStatus.DELETE_FAILED, True, "cdinfra down web"),
        (StackStatus.UPDATE_ROLLBACK_FAILED, True, "cdinfra up web --continue-rollback"),
        (StackStatus.IMPORT_ROLLBACK_FAILED, True, "cdinfra down web"),
    ],
)
def test_the_next_command_fits_the_status(status: StackStatus, in_app: bool, command: str) -> None:
    summary = StackSummary(stack="web", stack_name="shop-dev-web", in_app=in_app)
    assert AFTERMATHS[status].choose_command(summary) == command
