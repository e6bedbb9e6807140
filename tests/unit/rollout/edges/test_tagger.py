from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cdinfra.aws.stack_status import StackStatus
from cdinfra.deploy.template_body import INLINE_LIMIT
from cdinfra.errors import CloudError, StackFailedError, ThrottledError
from cdinfra.rollout.tagger import LOOK_SECONDS, PATIENCE_SECONDS, AwsTagger, pinned_template

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdinfra.aws.fake import FakeAws
    from cdinfra.rollout.group import DeployGroup
    from tests.unit.rollout.edges.conftest import Make

AMI = "/aws/service/latest"
AMI_TYPE = "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>"


@pytest.fixture
def tagger(aws: FakeAws, group: DeployGroup) -> AwsTagger:
    return AwsTagger(aws, group)


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def stack(make: Make, deployed: Callable[..., Any]) -> Any:
    return deployed(make.app(make.hosts_stack()), Release=make.old, Size="2")


def updates(aws: FakeAws) -> int:
    return len([each for each in aws.stacks.calls if each.startswith("update_parameters")])


def test_the_release_of_the_stack_is_set_and_all_else_stays(
    aws: FakeAws, tagger: AwsTagger, stack: Any, make: Make, pauses: list[float]
) -> None:
    assert tagger.read_release() == make.old
    tagger.set_release(make.new, pauses.append)
    assert stack.status is StackStatus.UPDATE_COMPLETE
    assert stack.parameters == {"Release": make.new, "Size": "2"}
    assert tagger.read_release() == make.new
    assert stack.token.startswith("cdinfra-")
    assert set(pauses) == {LOOK_SECONDS}
    assert not [each for each in aws.stacks.calls if each.startswith("get_template")]


def test_a_release_that_is_set_already_is_no_update(
    aws: FakeAws, tagger: AwsTagger, stack: Any, make: Make, pauses: list[float]
) -> None:
    assert stack.parameters["Release"] == make.old
    tagger.set_release(make.old, pauses.append)
    assert (updates(aws), pauses) == (0, [])


def test_an_update_that_fails_is_told_with_its_cause(
    aws: FakeAws, tagger: AwsTagger, stack: Any, make: Make, pauses: list[float]
) -> None:
    def fails(*_: object) -> Any:
        stack.transition(StackStatus.UPDATE_IN_PROGRESS)
        yield
        # As CloudFormation tells a resource that could not be updated.
        stack._tell("AutoScalingGroup", "AWS::X", "x", "UPDATE_FAILED", "a policy denies it")  # noqa: SLF001
        stack.transition(StackStatus.UPDATE_ROLLBACK_COMPLETE)

    stack.update = fails
    with pytest.raises(StackFailedError) as raised:
        tagger.set_release(make.new, pauses.append)
    assert raised.value.message == (
        "shop-dev-web did not take the release, and is in UPDATE_ROLLBACK_COMPLETE: "
        "AutoScalingGroup: a policy denies it"
    )
    assert raised.value.hint == "cdinfra explain web"
    assert updates(aws) == 1


def test_a_throttled_look_is_repeated(
    aws: FakeAws, tagger: AwsTagger, stack: Any, make: Make, pauses: list[float]
) -> None:
    aws.stacks.script("describe_events", ThrottledError("slow down"))
    tagger.set_release(make.new, pauses.append)
    assert stack.parameters["Release"] == make.new


def test_a_cloud_that_stays_out_of_reach_is_told(
    aws: FakeAws, tagger: AwsTagger, stack: Any, make: Make, pauses: list[float]
) -> None:
    assert stack
    aws.stacks.script("describe_events", *[ThrottledError("slow down")] * 10_000)
    with pytest.raises(ThrottledError):
        tagger.set_release(make.new, pauses.append)
    assert sum(pauses) == PATIENCE_SECONDS


def test_a_look_that_is_refused_is_told(
    aws: FakeAws, tagger: AwsTagger, stack: Any, make: Make, pauses: list[float]
) -> None:
    assert stack
    refused = CloudError("no permission")
    refused.__cause__ = type("E", (Exception,), {"response": {"Error": {"Code": "AccessDenied"}}})()
    aws.stacks.script("describe_events", refused)
    with pytest.raises(CloudError, match="no permission"):
        tagger.set_release(make.new, pauses.append)


def test_another_operation_is_waited_for(
    aws: FakeAws, tagger: AwsTagger, stack: Any, make: Make
) -> None:
    stack.status = StackStatus.UPDATE_IN_PROGRESS
    waited: list[float] = []

    def pause(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 3:
            stack.status = StackStatus.UPDATE_COMPLETE

    tagger.set_release(make.new, pause)
    assert stack.parameters["Release"] == make.new
    assert updates(aws) == 1


def test_another_operation_is_not_waited_for_for_ever(
    aws: FakeAws, tagger: AwsTagger, stack: Any, make: Make, pauses: list[float]
) -> None:
    stack.status = StackStatus.UPDATE_IN_PROGRESS
    with pytest.raises(StackFailedError, match="it is in UPDATE_IN_PROGRESS"):
        tagger.set_release(make.new, pauses.append)
    assert sum(pauses) == PATIENCE_SECONDS
    assert updates(aws) == 0


def test_a_stack_that_cannot_be_updated_says_what_to_do(
    tagger: AwsTagger, stack: Any, make: Make, pauses: list[float]
) -> None:
    stack.status = StackStatus.UPDATE_ROLLBACK_FAILED
    with pytest.raises(StackFailedError, match="it is in UPDATE_ROLLBACK_FAILED") as raised:
        tagger.set_release(make.new, pauses.append)
    assert "cdinfra up web --continue-rollback" in raised.value.hint
    assert pauses == []


@pytest.fixture
def imaged(aws: FakeAws, make: Make, deployed: Callable[..., Any]) -> Any:
    """A stack whose machine image an SSM parameter names, which has moved since."""
    declared = {"ImageId": {"Type": AMI_TYPE, "Default": AMI}}
    stack = deployed(make.app(make.hosts_stack(**declared)), Release=make.old, ImageId=AMI)
    stack.resolved = {"ImageId": "ami-1"}
    aws.ssm_parameters.values[AMI] = "ami-2"
    return stack


def test_a_release_leaves_hosts_on_the_image_that_they_were_deployed_with(
    tagger: AwsTagger, imaged: Any, make: Make, pauses: list[float]
) -> None:
    tagger.set_release(make.new, pauses.append)
    assert imaged.parameters == {"Release": make.new, "ImageId": "ami-1"}
    assert imaged.document["Parameters"]["ImageId"] == {"Type": "AWS::EC2::Image::Id"}
    assert imaged.document["Parameters"]["Release"] == {"Type": "String", "Default": ""}
    # From now on it is a value like any other.
    tagger.set_release(make.old, pauses.append)
    assert imaged.parameters == {"Release": make.old, "ImageId": "ami-1"}


def test_an_image_that_has_not_moved_leaves_the_template_as_it_is(
    aws: FakeAws, tagger: AwsTagger, imaged: Any, make: Make, pauses: list[float]
) -> None:
    aws.ssm_parameters.values[AMI] = "ami-1"
    tagger.set_release(make.new, pauses.append)
    assert imaged.document["Parameters"]["ImageId"] == {"Type": AMI_TYPE, "Default": AMI}
    assert imaged.parameters["ImageId"] == AMI


def test_a_template_too_large_to_send_goes_through_the_bucket(
    aws: FakeAws, tagger: AwsTagger, imaged: Any, make: Make, pauses: list[float]
) -> None:
    imaged.document = {**imaged.document, "Description": "x" * INLINE_LIMIT}
    tagger.set_release(make.new, pauses.append)
    (stored,) = aws.storage.objects.values()
    assert json.loads(stored)["Parameters"]["ImageId"] == {"Type": "AWS::EC2::Image::Id"}


def test_a_template_that_is_not_json_is_not_rewritten(
    aws: FakeAws, tagger: AwsTagger, imaged: Any, make: Make, pauses: list[float]
) -> None:
    assert imaged
    aws.stacks.get_template = lambda _: None  # type: ignore[method-assign, assignment]
    with pytest.raises(StackFailedError, match="its template is not ours"):
        tagger.set_release(make.new, pauses.append)
    assert updates(aws) == 0


def test_a_list_behind_an_ssm_parameter_becomes_a_list() -> None:
    inner = "List<AWS::EC2::Subnet::Id>"
    document = {
        "Parameters": {
            "Subnets": {"Type": f"AWS::SSM::Parameter::Value<{inner}>", "Default": "/x"},
            "Other": {"Type": AMI_TYPE, "Default": AMI},
        },
        "Resources": {},
    }
    assert pinned_template(document, {"Subnets": ("a,b", "c")}) == {
        "Parameters": {"Subnets": {"Type": inner}, "Other": {"Type": AMI_TYPE, "Default": AMI}},
        "Resources": {},
    }


def test_hosts_get_release_and_generation_a_thousand_in_a_call(
    aws: FakeAws, tagger: AwsTagger, make: Make
) -> None:
    hosts = [make.host(f"i-{number}") for number in range(2001)]
    for each in hosts:
        aws.hosts.add("shop", "dev", each)
    tagger.tag_hosts([each.instance_id for each in hosts], make.new, 12)
    assert aws.hosts.tagged == [1000, 1000, 1]
    found = aws.hosts.describe_hosts("shop", "dev")
    assert {(each.release, each.tags["cdinfra:generation"]) for each in found} == {(make.new, "12")}
