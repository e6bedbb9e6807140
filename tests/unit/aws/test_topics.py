from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cdinfra.aws.ssm_parameters import SsmParameters
from cdinfra.aws.topics import Topics
from cdinfra.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.aws.conftest import Script

ARN = "arn:aws:sns:eu-central-1:123456789012:alerts"


def test_a_message_is_published_with_a_subject(script: Callable[..., Script]) -> None:
    cloud = script("sns")
    asked = {"TopicArn": ARN, "Subject": "shop dev web: deploy begins", "Message": "{}"}
    cloud.answer("publish", {"MessageId": "1"}, asked)
    Topics(cloud.clients).publish(ARN, "shop dev web: deploy begins", "{}")
    cloud.stubber.assert_no_pending_responses()


def test_a_topic_that_refuses_is_named(script: Callable[..., Script]) -> None:
    cloud = script("sns")
    cloud.stubber.add_client_error("publish", "AuthorizationError", "not authorized")
    with pytest.raises(CloudError, match=f"cannot publish to {ARN}: not authorized"):
        Topics(cloud.clients).publish(ARN, "subject", "{}")


def test_a_secret_is_read_in_clear_by_its_name_alone(script: Callable[..., Script]) -> None:
    cloud = script("ssm")
    asked = {"Names": ["/shop/hook"], "WithDecryption": True}
    found = [{"Name": "/shop/hook", "Type": "SecureString", "Value": "https://chat.example.com"}]
    cloud.answer("get_parameters", {"Parameters": found}, asked)
    cloud.answer("get_parameters", {"Parameters": []}, asked)
    parameters = SsmParameters(cloud.clients)
    assert parameters.read_secret("/shop/hook") == "https://chat.example.com"
    assert parameters.read_secret("/shop/hook") is None
