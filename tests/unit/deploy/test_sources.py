"""The line of infra.py beside what failed, in events, results and explanations."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from cdinfra.errors import StackFailedError
from cdinfra.events import Notice, ResourceChanged, StackFinished
from cdinfra.model import SourceLine

if TYPE_CHECKING:
    from cdinfra.model import BuildContext, StackTemplate
    from tests.unit.deploy.conftest import Make, Run

LINE = SourceLine(file="infra.py", line=42, method="Network.build_vpc")


class Sourced:
    """A network that knows where its VPC comes from."""

    name = "network"
    foundational = False

    def __init__(self, make: Make) -> None:
        self._network = make.network()

    def build(self, context: BuildContext) -> StackTemplate:
        return replace(self._network.build(context), sources={"Vpc": LINE})


@pytest.fixture
def failed(run: Run, make: Make) -> Sourced:
    run.aws.stacks.fail("shop-dev-network", "Vpc", "no more VPCs")
    return Sourced(make)


def test_the_event_of_what_failed_names_its_line(run: Run, failed: Sourced) -> None:
    run.up(failed)  # type: ignore[arg-type] # any stack will do
    told = [each.source for each in run.events if isinstance(each, ResourceChanged)]
    assert [each for each in told if each] == [str(LINE)]
    (finished,) = [each for each in run.events if isinstance(each, StackFinished)]
    assert finished.source == str(LINE)


def test_the_error_at_the_end_names_the_line(run: Run, failed: Sourced) -> None:
    with run.deployer(failed) as deployer:  # type: ignore[arg-type] # as above
        result = deployer.execute(deployer.plan_up())
    with pytest.raises(StackFailedError) as caught:
        result.raise_for_failure()
    assert caught.value.message.splitlines() == [
        "shop-dev-network failed: Vpc (AWS::EC2::VPC): no more VPCs",
        "made by infra.py:42 (Network.build_vpc)",
    ]


def test_an_explanation_names_the_line(run: Run, failed: Sourced) -> None:
    run.up(failed)  # type: ignore[arg-type] # as above
    (found,) = run.deployer(failed).explain()  # type: ignore[arg-type] # as above
    assert found.failure.source == LINE
    assert found.failure.path == ("network", "Vpc")


def test_what_infra_py_has_no_more_has_no_line(run: Run, make: Make, failed: Sourced) -> None:
    run.up(failed)  # type: ignore[arg-type] # as above
    (found,) = run.deployer(make.single("other")).explain()
    assert found.failure.source is None


def test_nothing_else_is_changed_on_the_way(run: Run, make: Make) -> None:
    run.up(make.network())
    assert not any(isinstance(each, Notice) for each in run.events)
    assert {getattr(each, "source", "") for each in run.events} == {""}
