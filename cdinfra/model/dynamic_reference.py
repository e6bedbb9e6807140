"""Dynamic references: texts in a template that CloudFormation replaces by what a service keeps.

With them a secret reaches the resource that needs it, and passes neither through the
deployer nor through a template, a parameter or a plan.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from cdinfra.errors import InvalidInputError, Problem
from cdinfra.model.strings import strings

MAXIMUM_DYNAMIC_REFERENCES = 60
"""Dynamic references in one template.

Source: CloudFormation User Guide, "Get values stored in other services using dynamic
references".
"""

SECURE_PROPERTIES: Mapping[str, tuple[str, ...]] = {
    "AWS::DirectoryService::MicrosoftAD": ("Password",),
    "AWS::DirectoryService::SimpleAD": ("Password",),
    "AWS::ElastiCache::ReplicationGroup": ("AuthToken",),
    "AWS::IAM::User": ("LoginProfile/Password",),
    "AWS::KinesisFirehose::DeliveryStream": ("RedshiftDestinationConfiguration/Password",),
    "AWS::OpsWorks::App": ("AppSource/Password",),
    "AWS::OpsWorks::Stack": ("CustomCookbooksSource/Password", "RdsDbInstances/*/DbPassword"),
    "AWS::RDS::DBCluster": ("MasterUserPassword",),
    "AWS::RDS::DBInstance": ("MasterUserPassword",),
    "AWS::Redshift::Cluster": ("MasterUserPassword",),
}
"""The only properties that take an ``ssm-secure`` reference.

Source: CloudFormation User Guide, "Get a secure string value from AWS Systems Manager
Parameter Store".
"""

_BEGINNING = "{{resolve:"
_SECURE_BEGINNING = "{{resolve:ssm-secure:"

_SECRET_ID = re.compile(
    r"[A-Za-z0-9/_+=.@-]{1,512}"
    r"|arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@-]{1,519}"
)
"""Name or ARN of a secret. Source: Secrets Manager API reference, CreateSecret, Name."""

_JSON_KEY = re.compile(r"[^\s:{}]+")
_STAGE = re.compile(r"[A-Za-z0-9/_+=.@-]{1,256}")
_VERSION_ID = re.compile(r"[A-Za-z0-9-]{32,64}")
"""Source: Secrets Manager API reference, GetSecretValue, VersionStage and VersionId."""

_SSM_NAME = re.compile(r"[A-Za-z0-9_.\-/]+")
"""Source: CloudFormation User Guide, as for ``SECURE_PROPERTIES``, "parameter-name"."""


def secret_reference(
    secret_id: str,
    *,
    json_key: str | None = None,
    version_stage: str | None = None,
    version_id: str | None = None,
) -> str:
    """Return a reference to a secret in Secrets Manager, for a resource's property.

    Source: CloudFormation User Guide, "Get a secret or secret value from Secrets Manager".

    Args:
        secret_id: Name of the secret, or its ARN where it is in another account.
        json_key: Key of the value in a secret that is a JSON object; None for all of it.
        version_stage: Label of the version, for example ``AWSPREVIOUS``; None for the current.
        version_id: Id of the version, instead of a label.

    Raises:
        InvalidInputError: An argument is not valid, or both stage and id are given.
    """
    given = (
        ("secret_id", secret_id, _SECRET_ID, "a name, or the secret's ARN"),
        ("json_key", json_key, _JSON_KEY, "a key of the secret's JSON, without colons"),
        ("version_stage", version_stage, _STAGE, "for example 'AWSPREVIOUS'"),
        ("version_id", version_id, _VERSION_ID, "32 to 64 letters, digits and hyphens"),
    )
    problems = [
        Problem(path=f"secret_reference/{name}", message=f"{value!r} is not valid", hint=hint)
        for name, value, pattern, hint in given
        if not (value is None and name != "secret_id")
        if not (isinstance(value, str) and pattern.fullmatch(value))
    ]
    if version_stage is not None and version_id is not None:
        path, message = "secret_reference/version_id", "says the same as version_stage"
        problems.append(Problem(path=path, message=message, hint="leave one out"))
    if problems:
        raise InvalidInputError(problems)
    parts = (secret_id, "SecretString", json_key or "", version_stage or "", version_id or "")
    return f"{{{{resolve:secretsmanager:{':'.join(parts).rstrip(':')}}}}}"


def secure_ssm_reference(name: str, *, version: int | None = None) -> str:
    """Return a reference to a ``SecureString`` of the Parameter Store.

    CloudFormation takes it in few properties only: those of ``SECURE_PROPERTIES``.

    Args:
        name: Name of the SSM parameter.
        version: Number of the version; None for the newest at the time of an update.

    Raises:
        InvalidInputError: An argument is not valid.
    """
    problems = []
    if not isinstance(name, str) or not _SSM_NAME.fullmatch(name):
        message, hint = f"{name!r} is no name of a parameter", "for example '/shop/db-password'"
        problems.append(Problem(path="secure_ssm_reference/name", message=message, hint=hint))
    if version is not None and (isinstance(version, bool) or not isinstance(version, int)):
        message = f"{version!r} is no whole number"
        problems.append(Problem(path="secure_ssm_reference/version", message=message))
    elif version is not None and version < 1:
        message = f"is {version}"
        problems.append(
            Problem(path="secure_ssm_reference/version", message=message, hint="from 1")
        )
    if problems:
        raise InvalidInputError(problems)
    suffix = "" if version is None else f":{version}"
    return f"{_SECURE_BEGINNING}{name}{suffix}}}}}"


def dynamic_reference_problems(path: str, document: Mapping[str, Any]) -> Iterator[Problem]:
    """Return which dynamic references of a template CloudFormation would refuse.

    Args:
        path: Where the template stands, for example ``stacks/db``.
        document: The template.
    """
    found = [(steps, text) for steps, text in strings(document) if _BEGINNING in text]
    count = sum(text.count(_BEGINNING) for _, text in found)
    if count > MAXIMUM_DYNAMIC_REFERENCES:
        hint = f"at most {MAXIMUM_DYNAMIC_REFERENCES}; split the stack"
        yield Problem(path=path, message=f"has {count} dynamic references", hint=hint)
    for steps, text in found:
        where = tuple(map(str, steps))
        if _SECURE_BEGINNING in text and not _takes_secure(document, where):
            hint = "use secret_reference(), or let the host fetch it"
            message = "CloudFormation takes no ssm-secure reference there"
            yield Problem(path="/".join((path, *where)), message=message, hint=hint)


def _takes_secure(document: Mapping[str, Any], where: tuple[str, ...]) -> bool:
    match where:
        case ("Resources", name, "Properties", *steps):
            kind = document["Resources"][name].get("Type", "")
            # A function around the text is no step of the property's path.
            names = ["*" if step.isdigit() else step for step in steps]
            path = "/".join(step for step in names if not step.startswith("Fn::"))
            known = SECURE_PROPERTIES.get(kind, ())
            return any(path == each or path.startswith(f"{each}/") for each in known)
        case _:
            return False
