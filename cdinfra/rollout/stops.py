"""Why a rollout stops before its end; raised by its steps, and caught by the executor alone."""


class StopError(Exception):
    """It stops and goes back.

    Attributes:
        reason: Why, in words.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class LeaveError(Exception):
    """It stops, and is left as it is, as a person wants it."""

    reason = "it was left as it is after Ctrl-C"
