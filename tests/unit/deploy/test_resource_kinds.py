import shlex

import pytest

from cdinfra.deploy.data_loss import DATA_TYPES
from cdinfra.deploy.resource_kinds import KINDS, UNKNOWN, kind_of, parse_arn, spellings

REGIONAL = "arn:aws:{}:eu-central-1:123456789012:{}"


def arn(service: str, resource: str) -> str:
    return REGIONAL.format(service, resource)


@pytest.mark.parametrize(
    ("text", "type_name", "identifier"),
    [
        ("arn:aws:s3:::pictures", "AWS::S3::Bucket", "pictures"),
        (arn("ec2", "volume/vol-1"), "AWS::EC2::Volume", "vol-1"),
        (arn("ec2", "vpc/vpc-1"), "AWS::EC2::VPC", "vpc-1"),
        (arn("ec2", "vpc-endpoint/vpce-1"), "AWS::EC2::VPCEndpoint", "vpce-1"),
        (arn("ecr", "repository/shop/web"), "AWS::ECR::Repository", "shop/web"),
        (arn("logs", "log-group:/shop/web"), "AWS::Logs::LogGroup", "/shop/web"),
        (arn("logs", "log-group:/shop/web:*"), "AWS::Logs::LogGroup", "/shop/web"),
        (arn("sns", "news"), "AWS::SNS::Topic", arn("sns", "news")),
        (
            arn("elasticloadbalancing", "listener/app/web/1/2"),
            "AWS::ElasticLoadBalancingV2::Listener",
            arn("elasticloadbalancing", "listener/app/web/1/2"),
        ),
        (arn("s3", "accesspoint/mine"), "", arn("s3", "accesspoint/mine")),
        (arn("made-up", "thing/1"), "", arn("made-up", "thing/1")),
        ("no arn", "", "no arn"),
    ],
)
def test_an_arn_tells_type_and_physical_id(text: str, type_name: str, identifier: str) -> None:
    kind, found = kind_of(parse_arn(text))
    assert (kind.type_name, found) == (type_name, identifier)


def test_a_command_is_quoted_and_names_the_region() -> None:
    parsed = parse_arn(arn("logs", "log-group:/a b;$(c)"))
    kind, identifier = kind_of(parsed)
    command = kind.deletion_command(parsed, identifier)
    assert shlex.split(command) == [
        *("aws", "logs", "delete-log-group", "--log-group-name", "/a b;$(c)"),
        *("--region", "eu-central-1"),
    ]


def test_a_bucket_needs_no_region() -> None:
    parsed = parse_arn("arn:aws:s3:::pictures")
    kind, identifier = kind_of(parsed)
    assert kind.deletion_command(parsed, identifier) == "aws s3 rb --force s3://pictures"


def test_an_id_with_braces_stays_what_it_is() -> None:
    parsed = parse_arn(arn("cloudwatch", "alarm:{id} {0}"))
    kind, identifier = kind_of(parsed)
    words = shlex.split(kind.deletion_command(parsed, identifier))
    assert words[4] == "{id} {0}"


def test_a_parameters_arn_leaves_the_slash_out() -> None:
    parsed = parse_arn(arn("ssm", "parameter/shop/key"))
    assert list(spellings(parsed, kind_of(parsed)[1])) == ["shop/key", "/shop/key"]


def test_what_the_table_does_not_know_may_be_called_by_any_end_of_its_arn() -> None:
    parsed = parse_arn(arn("made-up", "app/shop/thing:1"))
    kind, identifier = kind_of(parsed)
    assert kind is UNKNOWN
    assert list(spellings(parsed, identifier)) == [
        *(parsed.text, "app/shop/thing:1", "shop/thing:1", "thing:1", "1")
    ]


def test_every_kind_of_the_table_can_be_deleted() -> None:
    for kind in KINDS.values():
        assert kind.deletion.count("{id}") == 1
        assert kind.type_name.startswith("AWS::")


def test_the_data_that_our_stacks_hold_is_among_the_kinds() -> None:
    known = {kind.type_name for kind in KINDS.values()}
    assert {"AWS::S3::Bucket", "AWS::EC2::Volume", "AWS::ECR::Repository"} <= known & DATA_TYPES
