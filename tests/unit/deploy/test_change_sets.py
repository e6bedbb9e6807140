from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cdinfra.deploy.template_body import (
    INLINE_LIMIT,
    STORED_LIMIT,
    required_capabilities,
)

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


def test_a_template_that_is_too_large_without_a_bucket_is_refused(run: Run, make: Make) -> None:
    with run.deployer(large(make, INLINE_LIMIT)) as deployer:
        (result,) = deployer.execute(deployer.plan_up()).stacks
    assert "stacks/large: the template has 51," in result.cause
    assert "Foundation()" in result.cause


def test_a_template_that_no_bucket_could_carry_is_refused(run: Run, make: Make) -> None:
    with run.deployer(foundation(make), large(make, STORED_LIMIT)) as deployer:
        result = deployer.execute(deployer.plan_up()).stacks[1]
    assert "at most 1,000,000" in result.cause


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
