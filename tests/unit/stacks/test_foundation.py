from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.errors import InvalidInputError
from cdinfra.model import BuildContext, OutputReference
from cdinfra.stacks import Foundation


def bucket_of(foundation: Foundation, context: BuildContext) -> dict[str, Any]:
    resources = foundation.build(context).document["Resources"]
    bucket: dict[str, Any] = resources["Bucket"]
    return bucket


def test_the_foundation_comes_before_every_other_stack() -> None:
    assert Foundation.foundational
    assert Foundation().name == "foundation"


def test_a_bucket_is_never_public(context: BuildContext) -> None:
    properties = bucket_of(Foundation(), context)["Properties"]
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert properties["OwnershipControls"] == {
        "Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]
    }


def test_what_does_not_come_over_modern_tls_is_refused(context: BuildContext) -> None:
    resources = Foundation().build(context).document["Resources"]
    statements = resources["BucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert [(s["Effect"], s["Principal"], s["Action"], s["Condition"]) for s in statements] == [
        ("Deny", "*", ["s3:*"], {"Bool": {"aws:SecureTransport": "false"}}),
        ("Deny", "*", ["s3:*"], {"NumericLessThan": {"s3:TlsVersion": "1.2"}}),
    ]


def test_current_state_never_expires(context: BuildContext) -> None:
    properties = bucket_of(Foundation(), context)["Properties"]
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    for rule in properties["LifecycleConfiguration"]["Rules"]:
        assert not {"ExpirationInDays", "ExpirationDate"} & rule.keys()


def test_a_bucket_that_is_replaced_is_kept(context: BuildContext) -> None:
    assert bucket_of(Foundation(), context)["UpdateReplacePolicy"] == "Retain"


def test_a_bucket_can_be_encrypted_with_a_key_of_another_stack(context: BuildContext) -> None:
    key = OutputReference(stack="keys", output="KeyArn")
    template = Foundation(kms_key=key).build(context)
    encryption = template.document["Resources"]["Bucket"]["Properties"]["BucketEncryption"]
    default = encryption["ServerSideEncryptionConfiguration"][0]["ServerSideEncryptionByDefault"]
    assert default == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": {"Ref": "KeysKeyArn"}}
    assert template.parameters == {"KeysKeyArn": key}


@given(st.one_of(st.integers(max_value=0), st.integers(min_value=3651), st.text(), st.booleans()))
def test_wrong_days_are_refused_with_their_path(days: Any) -> None:
    with pytest.raises(InvalidInputError) as caught:
        Foundation(noncurrent_days=days)
    assert [problem.path for problem in caught.value.problems] == [
        "stacks/foundation/noncurrent_days"
    ]
