"""A nested stack that fails, explained from the histories of both stacks in the local cloud."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdinfra.aws.connection import Clients
    from tests.functional.deploy.conftest import Make, Plain, Shop


@pytest.fixture
def taken(shop: Shop, clients: Callable[..., Clients]) -> str:
    """A bucket of this test, which holds the inner template."""
    s3 = clients().client("s3")
    name = f"{shop.name}-templates"
    where = {"LocationConstraint": "eu-central-1"}
    s3.create_bucket(Bucket=name, CreateBucketConfiguration=where)
    return name


@pytest.fixture
def store(taken: str, clients: Callable[..., Clients]) -> Callable[[dict[str, Any]], None]:
    """Puts the inner template where the outer one looks for it."""

    def put(resources: dict[str, Any]) -> None:
        body = json.dumps({"Resources": resources}).encode()
        clients().client("s3").put_object(Bucket=taken, Key="inner.json", Body=body)

    return put


def outer(make: Make, bucket: str, **resources: Any) -> Plain:
    url = f"https://{bucket}.s3.amazonaws.com/inner.json"
    child = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}
    return make.plain(name="web", resources={"Child": child, **resources})


def test_the_first_failure_inside_a_nested_stack_is_explained(
    shop: Shop, make: Make, taken: str, store: Callable[[dict[str, Any]], None]
) -> None:
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": taken}}
    store({"Bucket": bucket, "Topic": {"Type": "AWS::SNS::Topic", "DependsOn": "Bucket"}})
    web = outer(make, taken)
    (result,) = shop.up(web).stacks
    assert result.cause.startswith("Child / Bucket (AWS::S3::Bucket): ")
    assert result.resource == "Child"
    with shop.deployer(web) as deployer:
        (explained,) = deployer.explain()
    assert explained.failure.path == ("web", "Child", "Bucket")
    assert "you already own it" in explained.failure.reason
    assert explained.failure.cause == "already_exists"
    assert explained.aftermath == "rolled back: what was made is deleted again"


def test_an_inner_update_that_failed_is_told_from_its_creation(
    shop: Shop, make: Make, taken: str, store: Callable[[dict[str, Any]], None]
) -> None:
    topic = {"Type": "AWS::SNS::Topic"}
    store({"Topic": topic})
    shop.up(outer(make, taken))
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": taken}}
    store({"Topic": topic, "Bucket": bucket})
    web = outer(make, taken, Other=topic)
    (result,) = shop.up(web).stacks
    assert (result.outcome, result.status) == ("failed", "UPDATE_ROLLBACK_COMPLETE")
    shop.down(web)
    with shop.deployer(web) as deployer:
        (explained,) = deployer.explain(("web",))
        (history,) = deployer.operations(("web",))
    assert explained.failure.path == ("web", "Child", "Bucket")
    assert explained.aftermath.endswith("it is deleted since")
    assert [each.verb for each in history.operations] == ["delete", "update", "create"]
    assert history.operations[1].cause.startswith("Child / Bucket (AWS::S3::Bucket): ")
