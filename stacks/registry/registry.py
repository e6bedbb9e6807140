"""The stack of the app's repositories."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from awacs.aws import PolicyDocument, Statement
from troposphere import GetAtt, Ref, ecr, iam

from cdinfra.errors import InvalidInputError, Problem, nearest
from cdinfra.model import OutputReference, Value
from cdinfra.stacks.builder import TemplateBuilder
from cdinfra.stacks.registry.lifecycle import build_lifecycle_policy
from cdinfra.stacks.registry.policies import (
    build_repository_policy,
    login_statement,
    pull_statement,
    push_statement,
)
from cdinfra.stacks.registry.repository import Repository, logical_name, repository_problems
from cdinfra.stacks.stack import Stack
from cdinfra.stacks.validation import (
    arn_problems,
    duplicate_problems,
    integer_problems,
    raise_problems,
    tuple_problems,
    type_problems,
    value_problems,
)

PRINCIPAL_PATTERN = r"\d{12}|arn:aws[a-z-]*:(iam|sts)::\d{12}:\S+"
"""Source: IAM user guide, "AWS JSON policy elements: Principal"."""

MAXIMUM_REPOSITORIES = 50
"""So that arn and uri of each fit the 200 outputs of a stack with room to spare.

Source: CloudFormation user guide, "Quotas": 200 outputs.
"""


@dataclass(kw_only=True, eq=False)
class Registry(Stack):
    """ECR repositories: immutable tags, scanned on push, encrypted, cleaned up.

    A repository is called ``{app}-{env}/{name}``, so that environments of one account
    do not meet. One that holds images is not deleted: ECR refuses, and the stack's
    deletion stops there, unless ``empty_on_delete`` is set.

    Hosts get their right to pull from :class:`~cdinfra.stacks.DockerHosts`; the
    managed policies ``PullPolicy`` and ``PushPolicy`` are for other roles, such as a CI
    server's.

    Example:
        >>> registry = Registry("registry", repositories=("web", "worker"))
        >>> registry.repository("web").uri.output
        'WebUri'

    Args:
        name: Name within the app.
        repositories: Names of the repositories.
        keep_releases: How many images of each are kept, the youngest. Keep more than
            you would ever roll back by.
        untagged_days: Days after which an image without a tag is removed.
        kms_key: ARN of a KMS key to encrypt with; by default ECR's own keys are used.
            A change replaces the repositories.
        pull_principals: Accounts and ARNs, of other accounts too, that may pull.
        push_principals: Accounts and ARNs that may push.
        empty_on_delete: Whether deleting the stack deletes the images as well.

    Raises:
        InvalidInputError: A setting is not valid.
    """

    description: ClassVar[str] = "Registry: the app's image repositories"

    name: str = field(kw_only=False)
    repositories: tuple[str, ...]
    keep_releases: int = 50
    untagged_days: int = 7
    kms_key: Value | None = None
    pull_principals: tuple[Value, ...] = ()
    push_principals: tuple[Value, ...] = ()
    empty_on_delete: bool = False

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__init__(self.name)
        raise_problems(self._problems(f"stacks/{self.name}"))

    def repository(self, name: str) -> Repository:
        """Refer to one of the repositories.

        Raises:
            InvalidInputError: There is none of that name.
        """
        if name not in self.repositories:
            raise InvalidInputError(
                Problem(
                    path=f"stacks/{self.name}/repositories",
                    message=f"has no {name!r}",
                    hint=nearest(name, self.repositories),
                )
            )
        key = logical_name(name)
        return Repository(arn=self.output(f"{key}Arn"), uri=self.output(f"{key}Uri"))

    @property
    def pull_policy_arn(self) -> OutputReference:
        """ARN of the managed policy for roles that pull."""
        return self.output("PullPolicyArn")

    @property
    def push_policy_arn(self) -> OutputReference:
        """ARN of the managed policy for roles that push."""
        return self.output("PushPolicyArn")

    def add_resources(self, builder: TemplateBuilder) -> None:
        """Add the repositories, the policies and the outputs."""
        resources = [
            builder.add(self.build_repository(builder, name)) for name in self.repositories
        ]
        arns = [GetAtt(resource, "Arn") for resource in resources]
        for kind, statement in (("Pull", pull_statement(arns)), ("Push", push_statement(arns))):
            policy = builder.add(self.build_managed_policy(builder, kind, statement))
            builder.output(f"{kind}PolicyArn", Ref(policy), f"Policy for roles that {kind.lower()}")
        for name, resource in zip(self.repositories, resources, strict=True):
            key = logical_name(name)
            builder.output(f"{key}Arn", GetAtt(resource, "Arn"), f"ARN of {name}")
            builder.output(f"{key}Uri", GetAtt(resource, "RepositoryUri"), f"Address of {name}")

    def build_repository(self, builder: TemplateBuilder, name: str) -> ecr.Repository:
        """Build one repository."""
        context = builder.context
        encryption = ecr.EncryptionConfiguration(EncryptionType="AES256")
        if self.kms_key is not None:
            encryption = ecr.EncryptionConfiguration(
                EncryptionType="KMS", KmsKey=builder.value(self.kms_key)
            )
        repository = ecr.Repository(
            f"{logical_name(name)}Repository",
            EmptyOnDelete=self.empty_on_delete,
            EncryptionConfiguration=encryption,
            ImageScanningConfiguration=ecr.ImageScanningConfiguration(ScanOnPush=True),
            ImageTagMutability="IMMUTABLE",
            LifecyclePolicy=ecr.LifecyclePolicy(
                LifecyclePolicyText=build_lifecycle_policy(
                    keep_releases=self.keep_releases, untagged_days=self.untagged_days
                )
            ),
            RepositoryName=f"{context.app}-{context.env}/{name}",
            DeletionPolicy="Delete",
            UpdateReplacePolicy="Retain",
        )
        policy = build_repository_policy(
            [builder.value(principal) for principal in self.pull_principals],
            [builder.value(principal) for principal in self.push_principals],
        )
        if policy is not None:
            repository.RepositoryPolicyText = policy
        return repository

    def build_managed_policy(
        self, builder: TemplateBuilder, kind: str, statement: Statement
    ) -> iam.ManagedPolicy:
        """Build the policy for roles that pull or push; ``kind`` is ``Pull`` or ``Push``."""
        stack_name = builder.context.stack_name(self.name)
        return iam.ManagedPolicy(
            f"{kind}Policy",
            Description=f"{kind} images of {stack_name}",
            PolicyDocument=PolicyDocument(
                Version="2012-10-17", Statement=[login_statement(), statement]
            ),
        )

    def _problems(self, path: str) -> Iterator[Problem]:
        yield from self._name_problems(f"{path}/repositories")
        yield from integer_problems(f"{path}/keep_releases", self.keep_releases, 2, 1000)
        yield from integer_problems(f"{path}/untagged_days", self.untagged_days, 1, 365)
        yield from type_problems(f"{path}/empty_on_delete", self.empty_on_delete, bool)
        if self.kms_key is not None:
            yield from arn_problems(f"{path}/kms_key", self.kms_key, "kms")
        yield from _principal_problems(f"{path}/pull_principals", self.pull_principals)
        yield from _principal_problems(f"{path}/push_principals", self.push_principals)

    def _name_problems(self, path: str) -> Iterator[Problem]:
        if shape_problems := tuple(tuple_problems(path, self.repositories, str)):
            yield from shape_problems
            return
        if not 1 <= len(self.repositories) <= MAXIMUM_REPOSITORIES:
            hint = f"from 1 to {MAXIMUM_REPOSITORIES}"
            yield Problem(path=path, message=f"names {len(self.repositories)}", hint=hint)
        for index, name in enumerate(self.repositories):
            yield from repository_problems(f"{path}/{index}", name)
        yield from duplicate_problems(path, self.repositories)
        yield from _collision_problems(path, self.repositories)


def _collision_problems(path: str, names: tuple[str, ...]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for name in dict.fromkeys(names):
        other = first.setdefault(logical_name(name), name)
        if other != name:
            message = f"{other!r} and {name!r} would have the same logical id"
            yield Problem(path=path, message=message, hint="rename one")


def _principal_problems(path: str, principals: tuple[Value, ...]) -> Iterator[Problem]:
    if shape_problems := tuple(tuple_problems(path, principals, object)):
        yield from shape_problems
        return
    for index, principal in enumerate(principals):
        yield from value_problems(f"{path}/{index}", principal, PRINCIPAL_PATTERN, "123456789012")
