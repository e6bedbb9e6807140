import json
from collections.abc import Mapping
from typing import Any

import pytest

from cdinfra.local.cloudformation.functions import IntrinsicError
from cdinfra.local.cloudformation.intrinsics import Resolver
from cdinfra.local.cloudformation.parameters import ParameterValue
from cdinfra.local.cloudformation.scope import Scope
from cdinfra.local.cloudformation.template import parse_template
from cdinfra.local.resources.contract import Resource

DYNAMIC = {("ssm", "/port:2"): "80", ("secretsmanager", "db:SecretString:password"): "s3cret"}


def read_dynamic(service: str, key: str) -> str:
    if (service, key) not in DYNAMIC:
        raise IntrinsicError(f"{service} has no {key}")
    return DYNAMIC[service, key]


def scope_with(**parameters: ParameterValue) -> Scope:
    return Scope(
        stack_name="shop-dev-web",
        stack_id="arn:aws:cloudformation:eu-central-1:123456789012:stack/shop-dev-web/1",
        region="eu-central-1",
        account="123456789012",
        zones=("eu-central-1a", "eu-central-1b"),
        notification_arns=("arn:sns",),
        parameters=parameters,
        exports={"net-vpc": "vpc-1"},
    )


def resolver_of(
    template: Mapping[str, Any], resources: Mapping[str, Resource], **parameters: ParameterValue
) -> Resolver:
    return Resolver(
        parse_template(json.dumps(template)),
        scope_with(**parameters),
        resource=resources.get,
        dynamic=read_dynamic,
    )


def user_with(password: str) -> Resolver:
    return resolver_of(
        {
            "Parameters": {"Pass": {"Type": "String", "NoEcho": True}},
            "Resources": {
                "U": {
                    "Type": "AWS::IAM::User",
                    "Properties": {
                        "LoginProfile": {"Password": password},
                        "Path": "/{{resolve:ssm:/port:2}}/",
                    },
                }
            },
        },
        {},
        Pass=ParameterValue(name="Pass", value="hush", no_echo=True),
    )


def test_a_secure_reference_is_read_where_the_service_allows_it() -> None:
    DYNAMIC["ssm-secure", "/pw"] = "pw"
    assert user_with("{{resolve:ssm-secure:/pw}}").properties("U") == {
        "LoginProfile": {"Password": "pw"},
        "Path": "/80/",
    }


def test_a_secure_reference_elsewhere_names_the_property() -> None:
    resolver = resolver_of(
        {
            "Resources": {
                "A": {
                    "Type": "AWS::SNS::Topic",
                    "Properties": {"Subscription": [{"Endpoint": "{{resolve:ssm-secure:/x}}"}]},
                }
            }
        },
        {},
    )
    with pytest.raises(IntrinsicError) as caught:
        resolver.properties("A")
    assert caught.value.message == (
        "SSM Secure reference is not supported in: "
        "[AWS::SNS::Topic/Properties/Subscription/Endpoint]"
    )


def test_what_is_shown_keeps_dynamic_references_as_they_stand() -> None:
    shown = user_with("{{resolve:ssm-secure:/pw}}").shown_properties("U")
    assert shown["LoginProfile"] == {"Password": "{{resolve:ssm-secure:/pw}}"}
