from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from cdinfra.deploy.interrupts import Decision
from cdinfra.errors import CancelledError, CloudError, NoCredentialsError, ThrottledError
from cdinfra.events import Notice

if TYPE_CHECKING:
    from cdinfra.deploy.operations import UnderWay
    from cdinfra.deploy.result import Result
    from tests.unit.deploy.conftest import Make, PlainStack, Run


class Person:
    """Decides once, when so many operations are under way."""

    def __init__(self, decision: Decision, *, sees: int = 1) -> None:
        self.decision = decision
        self.sees = sees
        self.saw: tuple[UnderWay, ...] = ()

    def __call__(self, under_way: tuple[UnderWay, ...]) -> Decision:
        if self.saw or len(under_way) < self.sees:
            return Decision.WAIT
        self.saw = under_way
        return self.decision


def up(run: Run, person: Person, *stacks: PlainStack) -> Result:
    with run.deployer(*stacks, take_decision=person) as deployer:
        return deployer.execute(deployer.plan_up())


def outcomes(result: Result) -> list[tuple[str, str]]:
    return [(str(each.outcome), each.cause) for each in result.stacks]


def refusal(message: str) -> CloudError:
    """Return what CloudFormation's own refusal becomes; anything else is tried again."""
    answer = {"Error": {"Code": "ValidationError"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    error = CloudError(message)
    error.__cause__ = ClientError(answer, "CancelUpdateStack")  # type: ignore[arg-type] # a part of it
    return error


def notices(run: Run) -> list[str]:
    return [each.message for each in run.events if isinstance(each, Notice)]


def test_a_cancelled_update_is_rolled_back_and_is_no_success(run: Run, make: Make) -> None:
    run.up(make.network(), make.consumer("web"))
    person = Person(Decision.CANCEL)
    result = up(run, person, make.network(subnets=2), make.consumer("web", resources=TOPIC))
    assert outcomes(result) == [
        ("cancelled", "it is what it was before"),
        ("skipped", "cancelled before its turn came"),
    ]
    assert result.stacks[0].status == "UPDATE_ROLLBACK_COMPLETE"
    with pytest.raises(CancelledError, match="shop-dev-network was cancelled") as caught:
        result.raise_for_failure()
    assert caught.value.exit_code == 130
    assert run.aws.stacks.change_sets == ()


TOPIC = {"Topic": {"Type": "AWS::SNS::Topic"}}


def test_a_cancelled_creation_is_deleted_again(run: Run, make: Make) -> None:
    result = up(run, Person(Decision.CANCEL, sees=2), make.single("one"), make.single("two"))
    assert outcomes(result) == [("cancelled", "what was made of it is deleted again")] * 2
    assert run.aws.stacks.describe_stacks() == ()


def test_a_deletion_cannot_be_cancelled_and_goes_on(run: Run, make: Make) -> None:
    run.up(make.single("one"))
    person = Person(Decision.CANCEL)
    with run.deployer(make.single("one"), take_decision=person) as deployer:
        result = deployer.execute(deployer.plan_down())
    assert outcomes(result) == [("deleted", "")]
    assert notices(run) == ["shop-dev-one is DELETE_IN_PROGRESS: cannot be cancelled, and goes on"]


def test_an_update_that_has_come_too_far_ends_well(run: Run, make: Make) -> None:
    run.up(make.network())
    run.aws.stacks.script("cancel_update", refusal("cannot be called from current status"))
    result = up(run, Person(Decision.CANCEL), make.network(subnets=2))
    assert outcomes(result) == [("updated", "")]
    assert notices(run) == ["shop-dev-network: cannot be called from current status"]


def test_an_update_that_rolls_back_by_itself_is_a_failure_though_it_was_to_be_cancelled(
    run: Run, make: Make
) -> None:
    run.up(make.network())
    run.aws.stacks.fail("shop-dev-network", "Subnet1", "The CIDR is taken")
    run.aws.stacks.script("cancel_update", refusal("it is rolling back"))
    result = up(run, Person(Decision.CANCEL), make.network(subnets=2))
    assert outcomes(result) == [("failed", "Subnet1 (AWS::EC2::Subnet): The CIDR is taken")]


def test_a_throttled_cancellation_is_repeated(run: Run, make: Make) -> None:
    run.up(make.network())
    run.aws.stacks.script("cancel_update", ThrottledError("slow down"))
    result = up(run, Person(Decision.CANCEL), make.network(subnets=2))
    assert outcomes(result) == [("cancelled", "it is what it was before")]


def test_a_cancellation_without_a_session_is_told_as_that(run: Run, make: Make) -> None:
    run.up(make.network())
    run.aws.stacks.script("cancel_update", *[NoCredentialsError("expired")] * 1000)
    with pytest.raises(NoCredentialsError):
        up(run, Person(Decision.CANCEL), make.network(subnets=2))


def test_what_a_failed_creation_left_is_not_made_anew_after_a_cancellation(
    run: Run, make: Make
) -> None:
    run.aws.stacks.fail("shop-dev-one", "Topic", "no")
    run.up(make.single("one"))
    result = up(run, Person(Decision.CANCEL), make.single("one"))
    assert outcomes(result) == [
        ("cancelled", "what was left of it is deleted, and it is not made anew")
    ]
    assert run.aws.stacks.describe_stacks() == ()


def test_who_detaches_leaves_what_is_under_way_running(run: Run, make: Make) -> None:
    person = Person(Decision.DETACH)
    with run.deployer(make.network(), take_decision=person) as deployer:
        with pytest.raises(KeyboardInterrupt):
            deployer.execute(deployer.plan_up())
        assert [each.target.stack for each in deployer.under_way] == ["network"]
    assert notices(run) == ["shop-dev-network: the operation goes on in the cloud"]
    assert run.aws.stacks.stack("shop-dev-network").status == "CREATE_IN_PROGRESS"


def test_a_person_is_told_in_which_status_each_stack_is(run: Run, make: Make) -> None:
    run.up(make.network())
    run.aws.stacks.stack("shop-dev-network")
    person = Person(Decision.WAIT, sees=2)
    up(run, person, make.network(subnets=3), make.single("one"))
    assert {each.target.stack for each in person.saw} == {"network", "one"}
    assert {each.status for each in person.saw} <= {"", "UPDATE_IN_PROGRESS", "CREATE_IN_PROGRESS"}


def test_a_change_set_that_is_being_made_is_not_executed_after_a_cancellation(
    run: Run, make: Make
) -> None:
    class AtTheSecondCreation(Person):
        def __call__(self, under_way: tuple[UnderWay, ...]) -> Decision:
            made = run.calls("create_change_set")
            return super().__call__(under_way) if len(made) == 2 else Decision.WAIT

    person = AtTheSecondCreation(Decision.CANCEL)
    run.aws.stacks.script("describe_change_set", None, *[ThrottledError("slow down")] * 3)
    result = up(run, person, make.single("a"), make.single("b"))
    assert {str(each.outcome) for each in result.stacks} <= {"cancelled", "skipped"}
    assert run.aws.stacks.change_sets == ()
    assert run.aws.stacks.describe_stacks() == ()
