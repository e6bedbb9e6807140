"""A cause of failures that is known: how it is recognized, and what to do about it; pure."""

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
    NOT_CARRIED = "not_carried"
    HOOK_FAILED = "hook_failed"
    STACK_POLICY = "stack_policy"
    CUSTOM_NAME = "custom_name"
    SESSION_EXPIRED = "session_expired"
    SERVICE_ROLE_MISSING = "service_role_missing"
    ROLE_NOT_ASSUMED = "role_not_assumed"
    ACCESS_DENIED = "access_denied"
    ENCODED_DENIAL = "encoded_denial"
    THROTTLED = "throttled"
    IN_OTHER_STACK = "in_other_stack"
    ALREADY_EXISTS = "already_exists"
    NO_CAPACITY = "no_capacity"
    NOT_IN_ZONE = "not_in_zone"
    TOO_FEW_ZONES = "too_few_zones"
    ADDRESS_LIMIT = "address_limit"
    VCPU_LIMIT = "vcpu_limit"
    LIMIT_EXCEEDED = "limit_exceeded"
    ADDRESSES_USED_UP = "addresses_used_up"
    ADDRESSES_OVERLAP = "addresses_overlap"
    IMAGE_MISSING = "image_missing"
    PARAMETER_MISSING = "parameter_missing"
    SECRET_MISSING = "secret_missing"  # noqa: S105 - a kind of cause
    CERTIFICATE = "certificate"
    KMS_KEY = "kms_key"
    PROTECTED = "protected"
    NOT_EMPTY = "not_empty"
    EXPORT_USED = "export_used"
    STILL_USED = "still_used"
    INVALID_PROPERTY = "invalid_property"
    TIMED_OUT = "timed_out"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCause:
    """One row of the table.

    Attributes:
        kind: Why it fails.
        pattern: Regular expression that finds it in a reason, in upper or lower case. A named
            group is a value for hint and commands; one that is called like another and ends in
            ``_2`` is the same value, said elsewhere.
        hint: What to do.
        commands: What to look at. The first one counts whose every value is known.
    """

    kind: CauseKind
    pattern: str
    hint: str
    commands: tuple[str, ...] = ()

    def find(self, reason: str) -> dict[str, str] | None:
        """Return the values that a reason names, if it is of this cause; else None."""
        # Compiled only when something failed: that takes longer than reading the table.
        if (match := re.search(self.pattern, reason, re.IGNORECASE)) is None:
            return None
        found = match.groupdict().items()
        return {name.removesuffix("_2"): value for name, value in found if value}

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


def known(kind: CauseKind, pattern: str, hint: str, *commands: str) -> KnownCause:
    """Return a row of the table; see :class:`KnownCause`."""
    return KnownCause(kind=kind, pattern=pattern, hint=hint, commands=commands)
