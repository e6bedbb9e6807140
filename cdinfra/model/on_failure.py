"""What becomes of a stack when an operation on it fails."""

from enum import StrEnum


class OnFailure(StrEnum):
    """What CloudFormation does with a stack when an operation on it fails."""

    ROLL_BACK = "roll back"
    KEEP = "keep"
    DELETE = "delete"
