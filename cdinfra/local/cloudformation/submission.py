"""What a caller submits of a stack, checked as a whole before anything is begun."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import unquote, urlsplit

from cdinfra.aws.connection import Clients
from cdinfra.local.cloudformation import limits
from cdinfra.local.cloudformation.api_error import INSUFFICIENT_CAPABILITIES, ApiError
from cdinfra.local.cloudformation.constraints import constraint_error
from cdinfra.local.cloudformation.lookups import Lookups
from cdinfra.local.cloudformation.parameters import (
    USE_PREVIOUS,
    ParameterError,
    ParameterValue,
    UsePrevious,
    resolve_parameters,
)
from cdinfra.local.cloudformation.settings_checks import check_role, check_topics
from cdinfra.local.cloudformation.state import StackVersion
from cdinfra.local.cloudformation.template import (
    Template,
    TemplateError,
    needed_capabilities,
    parse_template,
)
from cdinfra.local.resources.contract import ResourceError

Given = Mapping[str, Any]
"""A request's members, as the API names them."""


def load_template_body(given: Given, clients: Clients, *, previous: str | None) -> str:
    """Return the text of the template that a request gives.

    Args:
        given: The request.
        clients: The services, for a template in a bucket.
        previous: The stack's template, for ``UsePreviousTemplate``; None where there is none.

    Raises:
        ApiError: There is none, more than one, or it is too large.
    """
    body, url = given.get("TemplateBody"), given.get("TemplateURL")
    if given.get("UsePreviousTemplate"):
        if body or url:
            raise ApiError(
                "You cannot specify both usePreviousTemplate and Template Body or Template URL."
            )
        if previous is None:
            raise ApiError("Template URL or Template Body must be specified.")
        return previous
    if bool(body) == bool(url):
        raise ApiError("Either Template URL or Template Body must be specified.")
    if not url:
        if len(str(body).encode()) > limits.TEMPLATE_BODY_BYTES:
            raise constraint_error(
                body,
                "templateBody",
                f"Member must have length less than or equal to {limits.TEMPLATE_BODY_BYTES}",
            )
        return str(body)
    return load_from_bucket(str(url), clients)


def load_from_bucket(url: str, clients: Clients) -> str:
    """Return the text of a template or policy in a bucket.

    Args:
        url: Its address, with the bucket in the host or first in the path.
        clients: The services.

    Raises:
        ApiError: It is no such address, or there is no such object.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    own = urlsplit(clients.connection.endpoint_url or "").hostname
    path = unquote(parts.path).lstrip("/")
    bucket, marker, _ = host.partition(".s3")
    if host == own or host.startswith(("s3.", "s3-")):
        bucket, _, path = path.partition("/")
    elif not marker:
        raise ApiError("TemplateURL must be a supported URL.")
    client = clients.client("s3")
    try:
        content = client.get_object(Bucket=bucket, Key=path)["Body"].read()
    except client.exceptions.ClientError as error:
        raise ApiError(f"S3 error: {error.response['Error']['Message']}") from error
    if len(content) > limits.TEMPLATE_URL_BYTES:
        raise ApiError(f"Template may not exceed {limits.TEMPLATE_URL_BYTES} bytes in size.")
    return str(content.decode("utf-8", errors="replace"))


def parse_body(body: str) -> Template:
    """Parse a template; refuse it as the API does.

    Args:
        body: The text.

    Raises:
        ApiError: It is no template.
    """
    try:
        return parse_template(body)
    except TemplateError as error:
        raise ApiError(error.message) from error


def build_version(given: Given, clients: Clients, previous: StackVersion | None) -> StackVersion:
    """Return what a request wants a stack to be.

    Args:
        given: The request.
        clients: The services of the stack's region.
        previous: What the stack is; None for a new one.

    Raises:
        ApiError: CloudFormation would refuse the request.
    """
    body = load_template_body(given, clients, previous=previous.template.body if previous else None)
    template = parse_body(body)
    _check_types(template, tuple(given.get("ResourceTypes", ())))
    capabilities = tuple(given.get("Capabilities", ()))
    check_capabilities(template, capabilities)
    role = str(given.get("RoleARN", previous.role_arn if previous else ""))
    check_role(role, clients)
    topics = _notification_arns(given, previous)
    check_topics(topics, clients)
    return StackVersion(
        template=template,
        parameters=_parameters(template, given, clients, previous),
        tags=_tags(given.get("Tags", ())) if "Tags" in given or previous is None else previous.tags,
        capabilities=capabilities,
        notification_arns=topics,
        role_arn=role,
        rollback_configuration=_rollback_configuration(given, previous),
    )


def _check_types(template: Template, allowed: tuple[str, ...]) -> None:
    for definition in template.resources.values():
        if allowed and not any(fnmatchcase(definition.resource_type, one) for one in allowed):
            raise ApiError(
                f"Resource type {definition.resource_type} is not allowed by parameter "
                f"ResourceTypes [{', '.join(allowed)}]"
            )


def check_capabilities(template: Template, given: Sequence[str]) -> None:
    """Refuse a template that needs capabilities which were not acknowledged.

    Args:
        template: The template.
        given: The acknowledged capabilities.

    Raises:
        ApiError: One is missing.
    """
    needed, _ = needed_capabilities(template)
    acknowledged = set(given)
    if "CAPABILITY_NAMED_IAM" in acknowledged:
        acknowledged.add("CAPABILITY_IAM")
    missing = [one for one in needed if one not in acknowledged]
    if missing:
        raise ApiError(
            f"Requires capabilities : [{', '.join(missing)}]", code=INSUFFICIENT_CAPABILITIES
        )


def _parameters(
    template: Template, given: Given, clients: Clients, previous: StackVersion | None
) -> Mapping[str, ParameterValue]:
    wanted: dict[str, str | UsePrevious] = {}
    for entry in given.get("Parameters", ()):
        name = str(entry.get("ParameterKey", ""))
        if entry.get("UsePreviousValue"):
            wanted[name] = USE_PREVIOUS
        else:
            wanted[name] = str(entry.get("ParameterValue", ""))
    try:
        return resolve_parameters(
            template, wanted, previous.parameters if previous else {}, Lookups(clients).read_ssm
        )
    except ParameterError as error:
        raise ApiError(error.message) from error
    except ResourceError as error:
        raise ApiError(error.reason) from error


def _tags(entries: Sequence[Mapping[str, str]]) -> Mapping[str, str]:
    tags: dict[str, str] = {}
    for entry in entries:
        key, value = entry.get("Key", ""), entry.get("Value", "")
        if not key:
            raise constraint_error(
                key, "tags.member.key", "Member must have length greater than or equal to 1"
            )
        if key.startswith("aws:"):
            raise ApiError("aws: prefixed tag key names are not allowed for external use.")
        if key in tags:
            raise ApiError(
                f"Duplicate tag keys found. Please note that Tag keys are case insensitive: {key}"
            )
        tags[key] = value
    return tags


def _notification_arns(given: Given, previous: StackVersion | None) -> tuple[str, ...]:
    if "NotificationARNs" not in given:
        return previous.notification_arns if previous else ()
    return tuple(given["NotificationARNs"])


def _rollback_configuration(given: Given, previous: StackVersion | None) -> Mapping[str, Any]:
    if "RollbackConfiguration" not in given:
        return previous.rollback_configuration if previous else {}
    configuration: Mapping[str, Any] = given["RollbackConfiguration"]
    return configuration
