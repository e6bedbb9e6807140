from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from botocore.stub import ANY

from cdinfra.aws.change_set import ChangeSetRequest, ChangeSetType, ResourceToImport
from cdinfra.aws.cloudformation import CloudFormation
from cdinfra.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.aws.conftest import Script

STACK_ID = "arn:aws:cloudformation:eu-central-1:123456789012:stack/shop-dev-web/1"
BUCKET = ResourceToImport(
    logical_id="Bucket", resource_type="AWS::S3::Bucket", identifier={"BucketName": "pictures"}
)


def test_identifying_properties_are_read_for_types_that_can_be_imported(
    script: Callable[..., Script],
) -> None:
    cloud = script("cloudformation")
    asked = {
        "Resources": {
            "Resource0": {"Type": "AWS::S3::Bucket"},
            "Resource1": {"Type": "AWS::Made::Up"},
        }
    }
    summaries = [
        {
            "ResourceType": "AWS::S3::Bucket",
            "LogicalResourceIds": ["Resource0"],
            "ResourceIdentifiers": ["BucketName"],
        },
        {"ResourceType": "AWS::Made::Up", "ResourceIdentifiers": []},
    ]
    cloud.answer(
        "get_template_summary",
        {"ResourceIdentifierSummaries": summaries},
        {"TemplateBody": json.dumps(asked, separators=(",", ":"))},
    )
    found = CloudFormation(cloud.clients).describe_identifiers(["AWS::S3::Bucket", "AWS::Made::Up"])
    assert found == {"AWS::S3::Bucket": ("BucketName",)}


def test_a_type_that_cloudformation_does_not_know_is_its_refusal(
    script: Callable[..., Script],
) -> None:
    cloud = script("cloudformation")
    cloud.refuse("get_template_summary", "ValidationError", "Unrecognized resource types: [A::B]")
    with pytest.raises(CloudError, match="find out what identifies a resource: Unrecognized"):
        CloudFormation(cloud.clients).describe_identifiers(["A::B"])


def test_an_import_names_each_resource_by_its_properties(script: Callable[..., Script]) -> None:
    cloud = script("cloudformation")
    wanted = {
        "LogicalResourceId": "Bucket",
        "ResourceType": "AWS::S3::Bucket",
        "ResourceIdentifier": {"BucketName": "pictures"},
    }
    cloud.answer(
        "create_change_set",
        {"Id": "arn:aws:cloudformation:eu-central-1:1:changeSet/a/1", "StackId": STACK_ID},
        {
            "StackName": "shop-dev-web",
            "ChangeSetName": "one",
            "ClientToken": "one",
            "ChangeSetType": "IMPORT",
            "Parameters": ANY,
            "Tags": ANY,
            "Capabilities": ANY,
            "ResourcesToImport": [wanted],
            "TemplateBody": "{}",
        },
    )
    request = ChangeSetRequest(
        stack_name="shop-dev-web",
        name="one",
        kind=ChangeSetType.IMPORT,
        body="{}",
        imports=(BUCKET,),
    )
    assert CloudFormation(cloud.clients).create_change_set(request).stack_id == STACK_ID
