from collections.abc import Callable, Mapping
from typing import Any

import pytest

from cdinfra.errors import InvalidInputError
from cdinfra.model import secret_reference, secure_ssm_reference
from cdinfra.model.dynamic_reference import (
    MAXIMUM_DYNAMIC_REFERENCES,
    SECURE_PROPERTIES,
    dynamic_reference_problems,
)

ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/db-AbCdEf"
SECURE = secure_ssm_reference("/shop/db", version=3)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (secret_reference("shop/db"), "{{resolve:secretsmanager:shop/db:SecretString}}"),
        (
            secret_reference("shop/db", json_key="password"),
            "{{resolve:secretsmanager:shop/db:SecretString:password}}",
        ),
        (
            secret_reference(ARN, json_key="password", version_stage="AWSPREVIOUS"),
            f"{{{{resolve:secretsmanager:{ARN}:SecretString:password:AWSPREVIOUS}}}}",
        ),
        (
            secret_reference("shop", version_id="a" * 36),
            f"{{{{resolve:secretsmanager:shop:SecretString:::{'a' * 36}}}}}",
        ),
        (secure_ssm_reference("/shop/db"), "{{resolve:ssm-secure:/shop/db}}"),
        (SECURE, "{{resolve:ssm-secure:/shop/db:3}}"),
    ],
)
def test_a_reference_has_the_form_that_cloudformation_reads(made: str, expected: str) -> None:
    assert made == expected


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: secret_reference("a:b"), "secret_reference/secret_id: 'a:b' is not valid"),
        (lambda: secret_reference(None), "secret_reference/secret_id: None is not valid"),
        (lambda: secret_reference("a", json_key="b:c"), "secret_reference/json_key: 'b:c'"),
        (lambda: secret_reference("a", version_stage="}}"), "secret_reference/version_stage: '}}'"),
        (
            lambda: secret_reference("a", version_stage="B", version_id="c" * 36),
            "secret_reference/version_id: says the same as version_stage",
        ),
        (lambda: secure_ssm_reference("/a}}"), "secure_ssm_reference/name: '/a}}' is no name"),
        (lambda: secure_ssm_reference("/a", version=0), "secure_ssm_reference/version: is 0"),
        (lambda: secure_ssm_reference("/a", version="1"), "version: '1' is no whole number"),
    ],
)
def test_what_would_break_out_of_a_reference_is_refused(
    make: Callable[[], object], problem: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        make()
    assert problem in caught.value.message


def resource(kind: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"Resources": {"It": {"Type": kind, "Properties": properties}}}


def nested(path: str, value: object) -> Any:
    """Return a value inside of as many properties as a path has steps."""
    for step in reversed(path.split("/")):
        value = [value] if step == "*" else {step: value}
    return value


@pytest.mark.parametrize(
    ("kind", "path"), [(kind, path) for kind, paths in SECURE_PROPERTIES.items() for path in paths]
)
@pytest.mark.parametrize("text", [SECURE, {"Fn::Sub": SECURE}, {"Fn::Join": ["", [SECURE, ""]]}])
def test_a_secure_string_may_stand_where_cloudformation_takes_one(
    kind: str, path: str, text: object
) -> None:
    assert not tuple(dynamic_reference_problems("stacks/db", resource(kind, nested(path, text))))


@pytest.mark.parametrize(
    "document",
    [
        resource("AWS::SNS::Topic", {"DisplayName": SECURE}),
        resource("AWS::RDS::DBInstance", {"MasterUsername": SECURE}),
        resource("AWS::RDS::DBInstance", {"MasterUserPasswordX": SECURE}),
        {"Resources": {}, "Outputs": {"Password": {"Value": SECURE}}},
        {"Resources": {"It": {"Type": "AWS::RDS::DBInstance", "Metadata": {"p": SECURE}}}},
    ],
)
def test_a_secure_string_anywhere_else_is_refused(document: Mapping[str, Any]) -> None:
    (problem,) = dynamic_reference_problems("stacks/db", document)
    assert problem.message == "CloudFormation takes no ssm-secure reference there"
    assert problem.path.startswith(("stacks/db/Resources/It/", "stacks/db/Outputs/Password/Value"))


def test_more_references_than_a_template_may_have_are_refused() -> None:
    def of(count: int) -> dict[str, Any]:
        texts = {f"P{number}": secret_reference("s") * 2 for number in range(count // 2)}
        return resource("AWS::SNS::Topic", texts)

    assert not tuple(dynamic_reference_problems("stacks/a", of(MAXIMUM_DYNAMIC_REFERENCES)))
    (problem,) = dynamic_reference_problems("stacks/a", of(MAXIMUM_DYNAMIC_REFERENCES + 2))
    assert str(problem) == "stacks/a: has 62 dynamic references (at most 60; split the stack)"
