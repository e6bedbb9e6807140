# mypy: disable-error-code="no-any-return"
"""Topics, alarms, parameters, secrets, keys, metric filters."""

import json
from typing import Any

import pytest

from cdinfra.aws.connection import Clients

Cloud = Any
"""The driver in conftest.py, which a test cannot import."""

TAGS = [{"Key": "Name", "Value": "shop"}, {"Key": "team", "Value": "web"}]
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "alarms",
            "Effect": "Allow",
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": "*",
        }
    ],
}
KEY_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "root",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
    ],
}


def test_a_topic_lives_with_its_subscriptions(cloud: Cloud) -> None:
    mail = [{"Endpoint": "ops@example.org", "Protocol": "email"}]
    properties = {
        "TopicName": "alarms",
        "DisplayName": "Alarms",
        "KmsMasterKeyId": "alias/aws/sns",
        "Subscription": mail,
        "Tags": TAGS,
    }
    other = [{"Endpoint": "web@example.org", "Protocol": "email"}]
    change = {"DisplayName": "Alarms!", "Subscription": other, "Tags": TAGS[:1]}
    made = cloud.lives("AWS::SNS::Topic", properties, change)
    assert made.attributes["TopicName"] == "alarms"


def test_a_subscription_and_a_policy_of_a_topic_live(cloud: Cloud) -> None:
    topic = cloud.create("AWS::SNS::Topic", {}).physical_id
    properties = {
        "TopicArn": topic,
        "Protocol": "https",
        "Endpoint": "https://example.org/told",
        "FilterPolicy": {"kind": ["release"]},
        "RawMessageDelivery": True,
    }
    cloud.lives("AWS::SNS::Subscription", properties, {"FilterPolicy": {"kind": ["alarm"]}})
    policy = {"Topics": [topic], "PolicyDocument": POLICY}
    assert cloud.lives("AWS::SNS::TopicPolicy", policy, {"PolicyDocument": {**POLICY, "Id": "x"}})


def test_an_alarm_lives(cloud: Cloud) -> None:
    topic = cloud.create("AWS::SNS::Topic", {}).physical_id
    properties = {
        "AlarmName": "cpu",
        "AlarmDescription": "too busy",
        "Namespace": "AWS/EC2",
        "MetricName": "CPUUtilization",
        "Dimensions": [{"Name": "AutoScalingGroupName", "Value": "web"}],
        "Statistic": "Average",
        "Period": 300,
        "EvaluationPeriods": 3,
        "DatapointsToAlarm": 2,
        "Threshold": 80,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
        "ActionsEnabled": True,
        "AlarmActions": [topic],
        "OKActions": [topic],
        "Tags": TAGS,
    }
    change = {"Threshold": 90, "TreatMissingData": "missing", "OKActions": None, "Tags": TAGS[1:]}
    made = cloud.lives("AWS::CloudWatch::Alarm", properties, change)
    assert made.attributes["Arn"].endswith(":alarm:cpu")


def test_a_parameter_lives(cloud: Cloud) -> None:
    properties = {
        "Name": "/shop/dev/color",
        "Type": "String",
        "Value": "red",
        "Description": "what it looks like",
        "Tags": {"team": "web"},
    }
    made = cloud.lives("AWS::SSM::Parameter", properties, {"Value": "blue", "Tags": {"x": "y"}})
    assert made.attributes["Value"] == "red"
    assert made.physical_id == "/shop/dev/color"


def test_a_secret_is_given_or_generated_and_its_name_is_free_again(
    cloud: Cloud, clients: Clients
) -> None:
    given = {"Name": "shop/db", "SecretString": "first", "Description": "d", "Tags": TAGS}
    made = cloud.lives("AWS::SecretsManager::Secret", given, {"Description": "e"})
    manager = clients.client("secretsmanager")
    made = cloud.change(made, {**given, "SecretString": "second"})
    assert manager.get_secret_value(SecretId=made.physical_id)["SecretString"] == "second"
    cloud.delete(made)
    generated = {
        "Name": "shop/db",
        "GenerateSecretString": {
            "SecretStringTemplate": '{"user": "shop"}',
            "GenerateStringKey": "password",
            "PasswordLength": 24,
            "ExcludePunctuation": True,
        },
    }
    made = cloud.create("AWS::SecretsManager::Secret", generated)
    value = json.loads(manager.get_secret_value(SecretId=made.physical_id)["SecretString"])
    assert (value["user"], len(value["password"])) == ("shop", 24)
    before = value["password"]
    made = cloud.change(made, {**generated, "Description": "changed"})
    value = json.loads(manager.get_secret_value(SecretId=made.physical_id)["SecretString"])
    assert value["password"] == before


def test_a_key_and_its_alias_live(cloud: Cloud) -> None:
    properties = {
        "Description": "releases",
        "EnableKeyRotation": True,
        "Enabled": True,
        "KeyPolicy": KEY_POLICY,
        "PendingWindowInDays": 7,
        "Tags": TAGS,
    }
    change = {"Description": "changed", "EnableKeyRotation": False, "Tags": TAGS[:1]}
    key = cloud.lives("AWS::KMS::Key", properties, change)
    other = cloud.create("AWS::KMS::Key", {})
    alias = {"AliasName": "alias/shop", "TargetKeyId": key.physical_id}
    assert cloud.lives("AWS::KMS::Alias", alias, {"TargetKeyId": other.attributes["Arn"]})


def test_a_metric_filter_lives(cloud: Cloud) -> None:
    group = cloud.create("AWS::Logs::LogGroup", {}).physical_id
    counted = {"MetricName": "errors", "MetricNamespace": "shop", "MetricValue": "1"}
    properties = {
        "FilterName": "errors",
        "LogGroupName": group,
        "FilterPattern": "ERROR",
        "MetricTransformations": [counted],
    }
    assert cloud.lives("AWS::Logs::MetricFilter", properties, {"FilterPattern": "FATAL"})


@pytest.mark.parametrize(
    ("type_name", "properties"),
    [
        ("AWS::KMS::Key", {"KeySpec": "RSA_2048"}),
        ("AWS::Logs::LogGroup", {"KmsKeyId": "arn:aws:kms:eu-central-1:123456789012:key/x"}),
    ],
)
def test_what_cannot_change_in_place_says_so(
    cloud: Cloud, type_name: str, properties: dict[str, Any]
) -> None:
    made = cloud.create(type_name, {})
    with pytest.raises(Exception, match=r"not supported|cannot change"):
        cloud.change(made, properties)
