"""Turns what botocore raises into cdinfra's own errors, each with what was being done."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cdinfra.aws.connection import Clients
from cdinfra.errors import (
    CdinfraError,
    CloudError,
    InvalidInputError,
    LocalCloudError,
    NoCredentialsError,
    Problem,
    ThrottledError,
    nearest,
)

THROTTLING_CODES = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "BandwidthLimitExceeded",
        "SlowDown",
        "PriorRequestNotComplete",
    }
)
"""Source: botocore/retries/standard.py, ThrottledRetryableChecker."""

CREDENTIAL_CODES = frozenset(
    {
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "MissingAuthenticationToken",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
"""Source: CloudFormation API reference, "Common errors"; EC2 API reference, "Error codes"."""

ACCESS_DENIED_CODES = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
"""Source: as above."""

CREDENTIAL_EXCEPTIONS = frozenset(
    {
        "CredentialRetrievalError",
        "LoginError",
        "NoAuthTokenError",
        "NoCredentialsError",
        "PartialCredentialsError",
        "SSOError",
        "TokenRetrievalError",
    }
)
"""Names of botocore's exception classes; theirs have no common parent."""

RENEW_HINT = "sign in again (aws sso login, or new AWS_* variables), then repeat the command"


@contextmanager
def calling(clients: Clients, service: str, doing: str, *, hurried: bool = False) -> Iterator[Any]:
    """Give the client of a service, and translate every botocore error raised inside.

    Args:
        clients: The clients of the cloud that is called.
        service: For example ``ec2``.
        doing: What is being done, to follow "cannot": ``describe the stack shop-dev-web``.
        hurried: Whether its calls are to give up soon.

    Raises:
        NoCredentialsError: No credentials, or no valid ones.
        ThrottledError: Throttled, after botocore's own retries.
        LocalCloudError: The local cloud does not answer.
        InvalidInputError: The region or the profile is wrong.
        CloudError: Anything else.
    """
    from botocore.exceptions import (  # noqa: PLC0415 - botocore is slow to import
        BotoCoreError,
        ClientError,
    )

    try:
        yield clients.client(service, hurried=hurried)
    except ClientError as error:
        raise _refused(error, clients, doing) from error
    except BotoCoreError as error:
        raise _not_reached(error, clients, doing) from error


def error_code(error: BaseException | None) -> str:
    """Return the code that AWS gave for the error behind one of ours; else an empty string."""
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


def is_access_denied(error: CdinfraError) -> bool:
    """Whether the cloud refused because the caller lacks a permission."""
    return error_code(error.__cause__) in ACCESS_DENIED_CODES


def is_not_carried(error: CdinfraError) -> bool:
    """Whether the local cloud refused because it does not do such a thing."""
    return error_code(error.__cause__) == "NotImplemented"


def is_outdated(error: CdinfraError) -> bool:
    """Whether a change set was refused because the stack has moved on since it was made.

    Whoever executes one deletes all others of the stack.
    Source: CloudFormation API reference, ExecuteChangeSet.
    """
    return error_code(error.__cause__) in {"ChangeSetNotFound", "InvalidChangeSetStatus"}


def is_passing(error: CdinfraError) -> bool:
    """Whether the same call may well succeed a little later.

    A cloud that refuses, and a local cloud that is not there, do not change their minds; nor
    does botocore where it finds the arguments of a call wrong, and sends nothing.
    """
    if type(error) is not CloudError:
        return isinstance(error, ThrottledError)
    if type(error.__cause__).__name__ == "ParamValidationError":
        return False
    if not isinstance(getattr(error.__cause__, "response", None), dict):
        return True
    return http_status(error) >= 500


def http_status(error: CdinfraError) -> int:
    """Return the HTTP status with which the cloud refused; 0 where it was not even reached."""
    response = getattr(error.__cause__, "response", None)
    found = response.get("ResponseMetadata", {}) if isinstance(response, dict) else {}
    return int(found.get("HTTPStatusCode", 0))


def _refused(error: Exception, clients: Clients, doing: str) -> CdinfraError:
    code = error_code(error)
    if code == "InternalFailure" and (problem := clients.region_problem()):
        # What the local cloud answers for a region that nobody knows.
        return InvalidInputError(problem)
    details = getattr(error, "response", {}).get("Error", {})
    message = f"cannot {doing}: {details.get('Message') or code} ({code})"
    if code in THROTTLING_CODES:
        return ThrottledError(message, hint="repeat the command in a minute")
    if code in CREDENTIAL_CODES:
        return NoCredentialsError(message, hint=RENEW_HINT)
    if code in ACCESS_DENIED_CODES:
        return CloudError(message, hint="the role or user in use lacks this permission")
    return CloudError(message)


def _not_reached(error: Exception, clients: Clients, doing: str) -> CdinfraError:
    names = {parent.__name__ for parent in type(error).__mro__}
    if names & CREDENTIAL_EXCEPTIONS:
        return NoCredentialsError(f"cannot {doing}: {error}", hint=RENEW_HINT)
    if _is_unsendable(error):
        # botocore's words quote the header, which may be the session token.
        message = f"cannot {doing}: the credentials hold what no header can, like a line break"
        return NoCredentialsError(message, hint="look at the AWS_* variables")
    if problem := _wrong_setting(error, names):
        return InvalidInputError(problem)
    if names & {"ConnectionError", "HTTPClientError"}:
        return _silent(error, clients, doing)
    return CloudError(f"cannot {doing}: {error}")


def _is_unsendable(error: Exception) -> bool:
    return isinstance(getattr(error, "kwargs", {}).get("error"), ValueError)


def _silent(error: Exception, clients: Clients, doing: str) -> CdinfraError:
    endpoint_url = clients.connection.endpoint_url
    if endpoint_url is None:
        # A region that does not exist has no address.
        problem = clients.region_problem()
        hint = str(problem) if problem else "is there a network connection?"
        return CloudError(f"cannot {doing}: {error}", hint=hint)
    return LocalCloudError(
        f"cannot {doing}: the local cloud at {endpoint_url} does not answer",
        hint="start it with: cdinfra local up",
    )


def _wrong_setting(error: Exception, names: set[str]) -> Problem | None:
    if "NoRegionError" in names:
        hint = "name one with --region, or App(region=…)"
        return Problem(path="region", message="none is set", hint=hint)
    if "InvalidRegionError" in names:
        return Problem(path="region", message=str(error))
    return _unknown_profile(error) if "ProfileNotFound" in names else None


def _unknown_profile(error: Exception) -> Problem:
    import botocore.session  # noqa: PLC0415 - slow to import

    profile = str(getattr(error, "kwargs", {}).get("profile"))
    hint = nearest(profile, botocore.session.Session().available_profiles)
    return Problem(path="profile", message=f"{profile!r} is not configured", hint=hint)
