"""What CloudFormation's most common reasons mean, and what to do about them: one table; pure."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from string import Formatter


class CauseKind(StrEnum):
    """Why a resource fails."""

    HOST_FAILED = "host_failed"
    HOST_SILENT = "host_silent"
    NESTED_STACK = "nested_stack"
    SESSION_EXPIRED = "session_expired"
    ACCESS_DENIED = "access_denied"
    ENCODED_DENIAL = "encoded_denial"
    THROTTLED = "throttled"
    ALREADY_EXISTS = "already_exists"
    LIMIT_EXCEEDED = "limit_exceeded"
    NO_CAPACITY = "no_capacity"
    PROTECTED = "protected"
    NOT_EMPTY = "not_empty"
    STILL_USED = "still_used"
    TIMED_OUT = "timed_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCause:
    """One row of the table.

    Attributes:
        kind: Why it fails.
        pattern: Finds it in a reason; a named group is a value for hint and commands.
        hint: What to do.
        commands: What to look at. The first one counts whose every value is known.
    """

    kind: CauseKind
    pattern: re.Pattern[str]
    hint: str
    commands: tuple[str, ...] = ()

    def describe_hint(self, values: Mapping[str, str]) -> str:
        """Return the hint with its values in place."""
        return self.hint.format_map(values)

    def choose_command(self, values: Mapping[str, str]) -> str:
        """Return the first command whose every value is known; empty where there is none."""
        quoted = {name: shlex.quote(value) for name, value in values.items() if value}
        fitting = (each for each in self.commands if names_in(each) <= quoted.keys())
        return next((each.format_map(quoted) for each in fitting), "")


def names_in(text: str) -> set[str]:
    """Return the names of the values that a text has room for."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def _row(kind: CauseKind, pattern: str, hint: str, *commands: str) -> KnownCause:
    compiled = re.compile(pattern, re.IGNORECASE)
    return KnownCause(kind=kind, pattern=compiled, hint=hint, commands=commands)


_ACTIVITIES = (
    "aws autoscaling describe-scaling-activities --include-deleted-groups "
    "--auto-scaling-group-name {group}"
)

KNOWN_CAUSES = (
    _row(
        CauseKind.HOST_FAILED,
        r"received \d+ FAILURE signal|WaitCondition received failed",
        "a host started and could not do its work: its console says what failed, and so does "
        "the stream {{instance id}}/cdinfra-host of the stack's log group, while there is one",
        "aws logs get-log-events --output text --log-group-name {log_group} "
        "--log-stream-name {host}/cdinfra-host",
        "aws ec2 get-console-output --output text --instance-id {host}",
        "aws logs tail {log_group} --since 1d",
    ),
    _row(
        CauseKind.HOST_SILENT,
        r"failed to receive \d+ resource signal|WaitCondition timed out",
        "a host was not launched, or did not get as far as saying how it went: look at the "
        "launches, then at the host's console and at the stream {{instance id}}/cdinfra-host "
        "of the stack's log group; hosts need a way to the internet",
        _ACTIVITIES,
        "aws logs tail {log_group} --since 1d",
    ),
    _row(
        CauseKind.NESTED_STACK,
        r"embedded stack \S+ was not successfully",
        "a stack within this one failed; its own events say why",
        "aws cloudformation describe-stack-events --stack-name {nested_stack}",
    ),
    _row(
        CauseKind.SESSION_EXPIRED,
        r"security token included in the request is|ExpiredToken|HandlerErrorCode: InvalidCred",
        "the session ended while the stack was worked on: sign in again",
    ),
    _row(
        CauseKind.ENCODED_DENIAL,
        r"encoded authorization failure message: (?P<message>[\w-]+)",
        "a permission is missing; the decoded message names it",
        "aws sts decode-authorization-message --output text --encoded-message {message}",
    ),
    _row(
        CauseKind.ACCESS_DENIED,
        r"not authorized to perform:? (?P<action>[\w-]+:\w+)"
        r"|API: (?P<api>[\w-]+:\w+) (?:you are not authorized|access denied)",
        "whoever deploys lacks the permission {action}: allow it in a policy, and look for a "
        "policy that denies it",
    ),
    _row(
        CauseKind.ACCESS_DENIED,
        r"AccessDenied|access denied|not authorized|UnauthorizedOperation",
        "whoever deploys lacks a permission that this resource needs",
    ),
    _row(
        CauseKind.THROTTLED,
        r"rate exceeded|throttl|RequestLimitExceeded|TooManyRequests",
        "the service was asked too often at once: try again",
    ),
    _row(
        CauseKind.ALREADY_EXISTS,
        r"already exists?\b|AlreadyExists|BucketAlreadyOwnedByYou",
        "something of that name exists outside the stack, perhaps kept by a stack of before: "
        "delete it, or give this one another name",
    ),
    _row(
        CauseKind.NO_CAPACITY,
        r"InsufficientInstanceCapacity|not have (?:sufficient|enough) .*capacity",
        "AWS has no such instance free there: try again, allow more zones, or take another type",
    ),
    _row(
        CauseKind.LIMIT_EXCEEDED,
        r"LimitExceeded|limit exceeded|quota|maximum number of"
        r"|(?:vCPU|\w+ limit) .*(?:allow|reach)",
        "the account has as many as it may: delete what nobody needs, or ask for a higher quota",
    ),
    _row(
        CauseKind.PROTECTED,
        r"(?:deletion|termination) protection",
        "it is protected against deletion: switch the protection off first",
    ),
    _row(
        CauseKind.NOT_EMPTY,
        r"not empty|BucketNotEmpty|RepositoryNotEmpty|still contains",
        "it is deleted only once it is empty: empty it first",
    ),
    _row(
        CauseKind.STILL_USED,
        r"DependencyViolation|DeleteConflict|has (?:a )?dependen\w+|(?:in|being) use[d]?\b"
        r"|must (?:detach|delete|remove) ",
        "something that is no part of the stack still uses it: remove that first",
        "aws ec2 describe-network-interfaces --filters Name=group-id,Values={security_group}",
        "aws ec2 describe-network-interfaces --filters Name=subnet-id,Values={subnet}",
        "aws ec2 describe-network-interfaces --filters Name=vpc-id,Values={vpc}",
    ),
    _row(
        CauseKind.TIMED_OUT,
        r"timed out|exceeded attempts to wait|(?:not|n't) stabilize|NotStabilized|time-?out",
        "it did not get ready in time: look at the resource itself, then try again",
    ),
)
"""The first row that a reason fits counts: the special ones stand before the general.

Source: CloudFormation CLI user guide, "Resource type handler error codes"; CloudFormation user
guide, "Troubleshooting CloudFormation". The services do not document their texts.
"""


def find_cause(reason: str) -> tuple[KnownCause, Mapping[str, str]] | None:
    """Return the row that a reason fits, and the values found in it; None where none does."""
    for row in KNOWN_CAUSES:
        if match := row.pattern.search(reason):
            values = {name: value for name, value in match.groupdict().items() if value}
            if "api" in values:
                values["action"] = values.pop("api")
            return row, values
    return None
