"""Who may connect: blocks of addresses, security groups and prefix lists."""

from collections.abc import Iterator

from troposphere import ec2

from cdinfra.errors import Problem
from cdinfra.model import Value
from cdinfra.stacks.builder import TemplateBuilder
from cdinfra.stacks.validation import parse_cidr, tuple_problems, value_problems

SOURCE_PATTERN = r"(sg|pl)-([0-9a-f]{8}|[0-9a-f]{17})"
"""Source: EC2 user guide, "Resource IDs"."""

SECURITY_GROUP_TYPE = "AWS::EC2::SecurityGroup::Id"


def source_problems(path: str, sources: object) -> Iterator[Problem]:
    """Check who may connect."""
    if not isinstance(sources, tuple | list):
        yield from tuple_problems(path, sources)
        return
    for index, source in enumerate(sources):
        if parse_cidr(source) is None:
            where = f"{path}/{index}"
            yield from value_problems(where, source, SOURCE_PATTERN, "10.0.0.0/8 or sg-0a1b2c3d")


def build_ingress_rule(
    builder: TemplateBuilder, source: Value, *, port: int, protocol: str, description: str
) -> ec2.SecurityGroupRule:
    """Build the rule that lets one source in to one port."""
    return ec2.SecurityGroupRule(
        Description=description,
        FromPort=port,
        ToPort=port,
        IpProtocol=protocol,
        **{_source_property(source): builder.value(source)},
    )


def _source_property(source: Value) -> str:
    match source:
        case str() if source.startswith("sg-"):
            return "SourceSecurityGroupId"
        case str() if source.startswith("pl-"):
            return "SourcePrefixListId"
        case str():
            return "CidrIp"
        case _:
            is_group = source.parameter_type == SECURITY_GROUP_TYPE
            return "SourceSecurityGroupId" if is_group else "CidrIp"
