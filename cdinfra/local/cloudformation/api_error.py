"""The one error that the CloudFormation API answers with, in CloudFormation's own words."""

from typing import Final

CHANGE_SET_NOT_FOUND: Final = "ChangeSetNotFound"
INVALID_CHANGE_SET_STATUS: Final = "InvalidChangeSetStatus"
ALREADY_EXISTS: Final = "AlreadyExistsException"
INSUFFICIENT_CAPABILITIES: Final = "InsufficientCapabilitiesException"
LIMIT_EXCEEDED: Final = "LimitExceededException"
TOKEN_ALREADY_EXISTS: Final = "TokenAlreadyExistsException"  # noqa: S105 - an error code


class ApiError(Exception):
    """A request that CloudFormation refuses.

    Args:
        message: CloudFormation's words.
        code: Error code; most refusals are a ``ValidationError``.
    """

    def __init__(self, message: str, *, code: str = "ValidationError") -> None:
        super().__init__(message)
        self.message = message
        self.code = code

    @property
    def http_status(self) -> int:
        """HTTP status of the answer."""
        return 404 if self.code == CHANGE_SET_NOT_FOUND else 400


def stack_missing(name: str) -> ApiError:
    """Return the refusal of a call that names a stack which is not there.

    Args:
        name: Name or ARN as the caller gave it.
    """
    return ApiError(f"Stack with id {name} does not exist")
