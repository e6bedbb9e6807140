"""What CloudFormation has to know about a template besides its text; pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from cdinfra.aws.stacks import STACK_TYPE

INLINE_LIMIT = 51_200
"""Largest template that a call can carry, in bytes.

Source: CloudFormation user guide, "Understand CloudFormation quotas", Template size.
"""

STORED_LIMIT = 1_000_000
"""Largest template in a bucket, in bytes. Source: as above."""

IAM_TYPES = frozenset(
    {
        "AWS::IAM::AccessKey",
        "AWS::IAM::Group",
        "AWS::IAM::GroupPolicy",
        "AWS::IAM::InstanceProfile",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Policy",
        "AWS::IAM::Role",
        "AWS::IAM::RolePolicy",
        "AWS::IAM::User",
        "AWS::IAM::UserPolicy",
        "AWS::IAM::UserToGroupAddition",
    }
)
"""Source: CreateStack, parameter Capabilities."""


def required_capabilities(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what CloudFormation asks to have acknowledged for a template.

    Whoever runs ``up`` has the plan to look at; asking for the same again as an option
    protects nobody.
    """
    types = {resource.get("Type") for resource in document.get("Resources", {}).values()}
    nested = STACK_TYPE in types
    capabilities = []
    if nested or not types.isdisjoint(IAM_TYPES):
        capabilities.append("CAPABILITY_NAMED_IAM")
    if nested or "Transform" in document or "Fn::Transform" in set(_keys(document)):
        capabilities.append("CAPABILITY_AUTO_EXPAND")
    return tuple(capabilities)


def _keys(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key)
            yield from _keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner)
