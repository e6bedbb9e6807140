"""Who may pull from and push to repositories."""

from typing import Any

from awacs.aws import Allow, AWSPrincipal, PolicyDocument, Statement
from awacs.ecr import (
    BatchCheckLayerAvailability,
    BatchGetImage,
    CompleteLayerUpload,
    DescribeImages,
    GetAuthorizationToken,
    GetDownloadUrlForLayer,
    InitiateLayerUpload,
    PutImage,
    UploadLayerPart,
)

PULL_ACTIONS = (BatchCheckLayerAvailability, BatchGetImage, GetDownloadUrlForLayer)
"""Source: ECR user guide, "Repository policy examples"."""

PUSH_ACTIONS = (
    *PULL_ACTIONS,
    CompleteLayerUpload,
    DescribeImages,
    InitiateLayerUpload,
    PutImage,
    UploadLayerPart,
)
"""Source: ECR user guide, "IAM permissions for pushing an image"."""


def login_statement() -> Statement:
    """Allow logging in; ECR knows no resource for it.

    Source: Service Authorization Reference, Amazon Elastic Container Registry.
    """
    return Statement(
        Sid="LogInToRegistry", Effect=Allow, Action=[GetAuthorizationToken], Resource=["*"]
    )


def pull_statement(repository_arns: list[Any]) -> Statement:
    """Allow pulling from some repositories."""
    return Statement(
        Sid="PullImages", Effect=Allow, Action=[*PULL_ACTIONS], Resource=repository_arns
    )


def push_statement(repository_arns: list[Any]) -> Statement:
    """Allow pushing to, and pulling from, some repositories."""
    return Statement(
        Sid="PushImages", Effect=Allow, Action=[*PUSH_ACTIONS], Resource=repository_arns
    )


def build_repository_policy(pull: list[Any], push: list[Any]) -> PolicyDocument | None:
    """Build a repository's own policy, which lets other accounts in.

    Args:
        pull: Principals that may pull.
        push: Principals that may push and pull.

    Returns:
        The policy, or None where no principal is given.
    """
    statements = [
        Statement(Sid=sid, Effect=Allow, Principal=AWSPrincipal(principals), Action=[*actions])
        for sid, principals, actions in (
            ("PullImages", pull, PULL_ACTIONS),
            ("PushImages", push, PUSH_ACTIONS),
        )
        if principals
    ]
    return PolicyDocument(Version="2012-10-17", Statement=statements) if statements else None
