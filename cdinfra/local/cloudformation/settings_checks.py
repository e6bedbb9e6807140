"""What CloudFormation refuses of a stack's settings because of what is not there."""

from collections.abc import Mapping
from typing import Any

from cdinfra.aws.connection import Clients
from cdinfra.local.cloudformation.api_error import ApiError

SERVICE = "cloudformation.amazonaws.com"
"""Who must be allowed to assume a stack's role.

Source: CloudFormation user guide, "CloudFormation service role".
"""


def check_role(arn: str, clients: Clients) -> None:
    """Refuse a role that CloudFormation could not work with.

    Its permissions are not checked, no more than those of a caller.

    Args:
        arn: The role; empty for none.
        clients: The services.

    Raises:
        ApiError: There is no such role, or it does not trust CloudFormation.
    """
    if not arn:
        return
    client = clients.client("iam")
    try:
        role = client.get_role(RoleName=arn.rpartition("/")[2])["Role"]
    except client.exceptions.NoSuchEntityException:
        role = None
    if role is None or role["Arn"] != arn or not _trusts(role["AssumeRolePolicyDocument"]):
        raise ApiError(f"Role {arn} is invalid or cannot be assumed")


def _trusts(document: Mapping[str, Any]) -> bool:
    statements = document.get("Statement", ())
    statements = [statements] if isinstance(statements, dict) else statements
    return any(
        each.get("Effect") == "Allow" and SERVICE in _services(each.get("Principal"))
        for each in statements
    )


def _services(principal: object) -> tuple[str, ...]:
    named = principal.get("Service", ()) if isinstance(principal, dict) else ()
    return (named,) if isinstance(named, str) else tuple(named)


def check_topics(arns: tuple[str, ...], clients: Clients) -> None:
    """Refuse topics that do not exist.

    The service says so of a change set only when it is executed.

    Args:
        arns: The topics.
        clients: The services.

    Raises:
        ApiError: One does not exist.
    """
    if not arns:
        return
    client = clients.client("sns")
    for arn in arns:
        try:
            client.get_topic_attributes(TopicArn=arn)
        except client.exceptions.ClientError as error:
            raise ApiError(f"Notification topic [{arn}] does not exist") from error
