from typing import Any

import pytest

from cdinfra.errors import InvalidInputError
from cdinfra.model import (
    FromEnvironment,
    FromSsm,
    OutputReference,
    StackSettings,
    Topic,
    Webhook,
)

ARN = "arn:aws:sns:eu-central-1:123456789012:alerts"
OUTPUT = OutputReference(stack="alerts", output="TopicArn")


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com/services/T0/B0?key=1",
        "https://chat.example.com:8443",
        "http://127.0.0.1:8080/hook",
        "http://[::1]/hook",
        "http://localhost/hook",
        FromEnvironment("HOOK"),
        FromSsm("/shop/hook"),
    ],
)
def test_addresses_that_are_sent_to(url: Any) -> None:
    assert Webhook(url).url == url


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "is no address"),
        (None, "is no address"),
        ("hooks.example.com/secret", "is no address"),
        ("ftp://hooks.example.com/secret", "is no address"),
        ("https://me:secret@hooks.example.com/", "is no address"),
        ("https://hooks.example.com/secret\n", "is no address"),
        ("http://hooks.example.com/secret", "is not https"),
        ("http://127.0.0.1.example.com/secret", "is not https"),
        ("http://10.0.0.1/secret", "is not https"),
    ],
)
def test_other_addresses_are_refused_without_being_repeated(url: Any, message: str) -> None:
    with pytest.raises(InvalidInputError) as raised:
        Webhook(url)
    assert f"webhook/url: {message}" in raised.value.message
    assert "secret" not in raised.value.message


@pytest.mark.parametrize("arn", ["alerts", "arn:aws:sqs:eu-central-1:123456789012:alerts", None])
def test_a_topic_is_an_arn_or_an_output(arn: Any) -> None:
    assert (Topic(ARN).arn, Topic(OUTPUT).arn) == (ARN, OUTPUT)
    with pytest.raises(InvalidInputError, match=r"topic/arn: .* is no ARN of a topic"):
        Topic(arn)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (Topic(ARN), "is no sequence of them"),
        ((Topic(ARN),) * 4, "has 4 (at most 3)"),
        ((Topic(ARN), "secret"), "settings/deploy_notifications/1: str is neither"),
    ],
)
def test_a_wrong_setting_is_named_with_its_place(value: Any, message: str) -> None:
    with pytest.raises(InvalidInputError) as raised:
        StackSettings(deploy_notifications=value)
    assert message in raised.value.message
    assert "'secret'" not in raised.value.message


def test_an_output_that_is_told_makes_the_stack_wait_for_the_topic() -> None:
    told = (Topic(OUTPUT), Topic(ARN), Webhook("https://chat.example.com/secret"))
    settings = StackSettings(deploy_notifications=told)
    assert settings.references == (OUTPUT,)
    assert "secret" not in repr(settings)
