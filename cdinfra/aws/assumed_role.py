"""Acts as a role, with credentials that are renewed as long as somebody calls with them.

A session of a role ends after an hour where a role was assumed by a role, and an operation
of CloudFormation may take longer.
Source: IAM user guide, "Methods to assume a role", role chaining.
"""

from collections.abc import Callable
from typing import Any

from cdinfra.errors import NoCredentialsError

SESSION_NAME = "cdinfra"
"""Names the caller in CloudTrail of the account that is entered."""


class _RoleProvider:
    """Gives a botocore session the credentials of a role, and no others."""

    def __init__(self, credentials: Any) -> None:  # noqa: ANN401 - botocore's, imported late
        self._credentials = credentials

    def load_credentials(self) -> Any:  # noqa: ANN401 - see above
        """Return the credentials."""
        return self._credentials


def assume_role(
    session: Any,  # noqa: ANN401 - a botocore session, imported late
    *,
    role_arn: str,
    external_id: str | None,
    find_sts: Callable[[], Any],
) -> None:
    """Let a session act as a role; nothing is called before its first call.

    Args:
        session: A botocore session without clients.
        role_arn: ARN of the role.
        external_id: What the role's trust policy asks for; None for nothing.
        find_sts: Returns the caller's client of STS.
    """
    from botocore.credentials import (  # noqa: PLC0415 - botocore is slow to import
        DeferredRefreshableCredentials,
    )

    def renew() -> dict[str, str]:
        return _new_session(find_sts(), role_arn, external_id)

    credentials = DeferredRefreshableCredentials(refresh_using=renew, method="assume-role")
    session.register_component("credential_provider", _RoleProvider(credentials))


def _new_session(sts: Any, role_arn: str, external_id: str | None) -> dict[str, str]:  # noqa: ANN401 - boto3 makes its clients at run time
    from botocore.exceptions import ClientError  # noqa: PLC0415 - as above

    asked = {"ExternalId": external_id} if external_id else {}
    try:
        answer = sts.assume_role(RoleArn=role_arn, RoleSessionName=SESSION_NAME, **asked)
    except ClientError as error:
        # No cause: "access denied" is about this role, not about what is called with it.
        raise NoCredentialsError(
            f"cannot act as the role {role_arn}: {error.response['Error'].get('Message')}",
            hint="the role's trust policy must allow this caller, and the caller's policy the "
            "call sts:AssumeRole",
        ) from None
    made = answer["Credentials"]
    return {
        "access_key": made["AccessKeyId"],
        "secret_key": made["SecretAccessKey"],
        "token": made["SessionToken"],
        "expiry_time": made["Expiration"].isoformat(),
    }
