"""Finds the IAM policies in a template, and reads their statements."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any, Final

from cdinfra.lint.finding import Path
from cdinfra.lint.template import Resource, Template
from cdinfra.lint.values import choices, listed, mapping, rendered, texts


class PolicyKind(StrEnum):
    """Whose a policy is."""

    IDENTITY = "identity"
    TRUST = "trust"
    RESOURCE = "resource"


_DOCUMENTS: Final = {
    "AWS::IAM::Group": ((PolicyKind.IDENTITY, "Policies"),),
    "AWS::IAM::GroupPolicy": ((PolicyKind.IDENTITY, "PolicyDocument"),),
    "AWS::IAM::ManagedPolicy": ((PolicyKind.IDENTITY, "PolicyDocument"),),
    "AWS::IAM::Policy": ((PolicyKind.IDENTITY, "PolicyDocument"),),
    "AWS::IAM::Role": (
        (PolicyKind.IDENTITY, "Policies"),
        (PolicyKind.TRUST, "AssumeRolePolicyDocument"),
    ),
    "AWS::IAM::RolePolicy": ((PolicyKind.IDENTITY, "PolicyDocument"),),
    "AWS::IAM::User": ((PolicyKind.IDENTITY, "Policies"),),
    "AWS::IAM::UserPolicy": ((PolicyKind.IDENTITY, "PolicyDocument"),),
    "AWS::ECR::Repository": ((PolicyKind.RESOURCE, "RepositoryPolicyText"),),
    "AWS::EFS::FileSystem": ((PolicyKind.RESOURCE, "FileSystemPolicy"),),
    "AWS::KMS::Key": ((PolicyKind.RESOURCE, "KeyPolicy"),),
    "AWS::S3::BucketPolicy": ((PolicyKind.RESOURCE, "PolicyDocument"),),
    "AWS::SNS::TopicPolicy": ((PolicyKind.RESOURCE, "PolicyDocument"),),
    "AWS::SQS::QueuePolicy": ((PolicyKind.RESOURCE, "PolicyDocument"),),
    "AWS::SecretsManager::ResourcePolicy": ((PolicyKind.RESOURCE, "ResourcePolicy"),),
}
"""Where policies stand. A VPC endpoint's is not among them: it only narrows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowStatement:
    """A statement that allows something.

    Attributes:
        kind: Whose policy it is in.
        resource: The resource of the template that carries the policy.
        path: Where below that resource.
        body: The statement.
    """

    kind: PolicyKind
    resource: Resource
    path: Path
    body: Mapping[str, Any]

    @property
    def actions(self) -> frozenset[str]:
        """Its actions as they are written, in lower case: IAM does not tell cases apart."""
        return frozenset(action.lower() for action in texts(self.body.get("Action")))

    @property
    def is_everywhere(self) -> bool:
        """Whether it holds for every resource."""
        return "*" in texts(self.body.get("Resource"))

    @property
    def is_conditional(self) -> bool:
        """Whether a condition narrows it."""
        return bool(self.body.get("Condition"))

    @property
    def principals(self) -> frozenset[str]:
        """Principals, whatever their kind; ``*`` is everybody."""
        principal = self.body.get("Principal")
        found = [*listed(principal)] if not isinstance(principal, dict) else []
        for value in mapping(principal).values():
            found += listed(value)
        return frozenset(text for _, each in found if (text := rendered(each)))

    def covers(self, action: str) -> bool:
        """Whether its actions, with their wildcards, include one."""
        return any(fnmatchcase(action.lower(), pattern) for pattern in self.actions)


def allow_statements(template: Template, *kinds: PolicyKind) -> Iterator[AllowStatement]:
    """Yield the statements that allow something, in policies of some kinds."""
    for resource in template.resources(*_DOCUMENTS):
        for kind, key in _DOCUMENTS[resource.type]:
            if kind in kinds:
                for path, document in _documents(resource, key):
                    yield from _statements(kind, resource, path, document)


def _documents(resource: Resource, key: str) -> Iterator[tuple[Path, object]]:
    value = resource.properties.get(key)
    if key == "Policies":
        for index, policy in listed(value):
            path = ("Properties", key, index, "PolicyDocument")
            yield path, mapping(policy).get("PolicyDocument")
    else:
        for document in choices(value):
            yield ("Properties", key), document


def _statements(
    kind: PolicyKind, resource: Resource, path: Path, document: object
) -> Iterator[AllowStatement]:
    for index, statement in listed(mapping(document).get("Statement")):
        if mapping(statement).get("Effect") == "Allow":
            where = (*path, "Statement", index)
            yield AllowStatement(kind=kind, resource=resource, path=where, body=statement)
