from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cdinfra.deploy.template_body import (
    INLINE_LIMIT,
    STORED_LIMIT,
    required_capabilities,
)
from cdinfra.errors import InvalidInputError
from cdinfra.events import Outcome

if TYPE_CHECKING:
    from tests.unit.deploy.conftest import Make, PlainStack, Run


def large(make: Make, size: int) -> PlainStack:
    document = {
        "Metadata": {"Text": "x" * size},
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
    }
    return make.plain(name="large", document=document)


def foundation(make: Make) -> PlainStack:
    document = {
        "Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}},
        "Outputs": {"BucketName": {"Value": {"Ref": "Bucket"}}},
    }
    return make.plain(name="foundation", document=document, foundational=True)


def test_a_template_that_fits_is_sent_inline(run: Run, make: Make) -> None:
    assert run.up(large(make, INLINE_LIMIT - 200)) == {"large": "created"}
    assert run.aws.storage.objects == {}


def test_a_template_that_is_too_large_goes_through_the_bucket(run: Run, make: Make) -> None:
    stacks = (foundation(make), large(make, INLINE_LIMIT))
    assert run.up(*stacks) == {"foundation": "created", "large": "created"}
    ((bucket, key),) = run.aws.storage.objects
    assert bucket == "shop-dev-foundation-bucket"
    assert key.startswith("templates/shop-dev-large/")
    assert run.up(*stacks) == {"foundation": "unchanged", "large": "unchanged"}


def refusal(run: Run, *stacks: PlainStack, only: tuple[str, ...] = ()) -> str:
    with run.deployer(*stacks) as deployer, pytest.raises(InvalidInputError) as caught:
        deployer.plan_up(only=only)
    return caught.value.message


def test_a_template_that_is_too_large_without_a_bucket_is_refused_before_anything_is_done(
    run: Run, make: Make
) -> None:
    message = refusal(run, make.single("first"), large(make, INLINE_LIMIT))
    assert message.startswith("stacks/large: the template has 51,")
    assert message.endswith("(add Foundation() to the app)")
    assert run.aws.stacks.describe_stack("shop-dev-first") is None


def test_a_bucket_that_is_in_the_app_and_not_there_yet_is_to_be_brought_up_first(
    run: Run, make: Make
) -> None:
    stacks = (foundation(make), large(make, INLINE_LIMIT))
    assert refusal(run, *stacks, only=("large",)).endswith(
        "(bring its bucket up first: cdinfra up foundation)"
    )
    run.up(foundation(make))
    with run.deployer(*stacks) as deployer:
        (result,) = deployer.execute(deployer.plan_up(only=("large",))).stacks
    assert result.outcome is Outcome.CREATED


def test_a_foundation_without_a_bucket_fails_the_stack_that_needs_it(run: Run, make: Make) -> None:
    bare = make.plain(
        name="foundation", document=make.single("foundation").document, foundational=True
    )
    assert run.up(bare, large(make, INLINE_LIMIT)) == {"foundation": "created", "large": "failed"}


def test_a_template_that_no_bucket_could_carry_is_refused(run: Run, make: Make) -> None:
    message = refusal(run, foundation(make), large(make, STORED_LIMIT))
    assert "at most 1,000,000 (split the stack)" in message


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}, ()),
        ({"Resources": {"R": {"Type": "AWS::IAM::Role"}}}, ("CAPABILITY_NAMED_IAM",)),
        ({"Transform": "AWS::Serverless-2016-10-31"}, ("CAPABILITY_AUTO_EXPAND",)),
        ({"Resources": {"X": {"Fn::Transform": {"Name": "M"}}}}, ("CAPABILITY_AUTO_EXPAND",)),
        (
            {"Resources": {"S": {"Type": "AWS::CloudFormation::Stack"}}},
            ("CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"),
        ),
    ],
)
def test_capabilities_are_found_in_the_template(
    document: dict[str, object], expected: tuple[str, ...]
) -> None:
    assert required_capabilities(document) == expected
