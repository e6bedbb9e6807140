"""Faults that can be asked for, as values, and their form as JSON documents.

A fault on calls strikes AWS calls from outside; a fault on resources strikes what
CloudFormation does with a resource, or the signals of the hosts that it launches.
Names are matched by glob: ``Describe*``, ``AWS::EC2::*``.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, TypeAlias

from cdinfra.errors import InvalidInputError, Problem, nearest

LONGEST_SECONDS = 3_600.0
"""A fault that holds a call or a resource for longer than an hour is a slip of the pen."""


class CallFaultKind(StrEnum):
    """What happens to a call."""

    THROTTLED = "throttled"
    EXPIRED_TOKEN = "expired-token"  # noqa: S105 - a name of a fault
    ACCESS_DENIED = "access-denied"
    INTERNAL_ERROR = "internal-error"
    SLOW_CALL = "slow-call"


class ResourceFaultKind(StrEnum):
    """What happens to a resource."""

    RESOURCE_FAILS = "resource-fails"
    RESOURCE_SLOW = "resource-slow"
    HOST_FAILS = "host-fails"
    HOST_SILENT = "host-silent"


class ResourceAction(StrEnum):
    """What CloudFormation does with a resource when the fault strikes."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    ANY = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFault:
    """A call that goes wrong.

    Attributes:
        kind: What happens.
        service: Glob over boto3 service names, for example ``cloudformation``.
        operation: Glob over API names, for example ``DescribeStackEvents``.
        after: So many matching calls pass first.
        every: Then each so many-th one is struck: 1 is each, 3 is a third of them.
        times: So often, then never again; None is for ever.
        seconds: How long a slow call takes longer.
    """

    kind: CallFaultKind
    service: str = "*"
    operation: str = "*"
    after: int = 0
    every: int = 1
    times: int | None = None
    seconds: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceFault:
    """A resource that goes wrong.

    Attributes:
        kind: What happens. With ``host-fails`` the hosts of the resource (an Auto Scaling
            group or an instance) signal FAILURE, with ``host-silent`` they do not signal.
        stack: Glob over CloudFormation stack names.
        logical_id: Glob over logical ids.
        resource_type: Glob, for example ``AWS::AutoScaling::*``.
        action: When.
        after: So many matching actions pass first.
        every: Then each so many-th one is struck.
        times: So often, then never again; None is for ever.
        seconds: How long a slow resource takes longer.
        reason: What CloudFormation shows as the resource's status reason.
    """

    kind: ResourceFaultKind
    stack: str = "*"
    logical_id: str = "*"
    resource_type: str = "*"
    action: ResourceAction = ResourceAction.ANY
    after: int = 0
    every: int = 1
    times: int | None = None
    seconds: float = 1.0
    reason: str = "Made to fail, as asked for"


Fault: TypeAlias = CallFault | ResourceFault


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveFault:
    """A fault that a local cloud was asked for.

    Attributes:
        fault_id: Its name there.
        fault: The fault.
        struck: How often it has struck.
    """

    fault_id: str
    fault: Fault
    struck: int = 0


def write_fault(fault: Fault) -> dict[str, Any]:
    """Return the fault as a JSON document; only what differs from the defaults."""
    defaults = {each.name: each.default for each in fields(fault)}
    return {name: value for name, value in asdict(fault).items() if value != defaults[name]}


def read_fault(document: object) -> Fault:
    """Return the fault that a JSON document describes.

    Raises:
        InvalidInputError: It describes none; every problem is named.
    """
    if not isinstance(document, Mapping):
        raise InvalidInputError(Problem(path="fault", message="must be a JSON object"))
    kinds = [each.value for each in (*CallFaultKind, *ResourceFaultKind)]
    kind = document.get("kind")
    if kind not in kinds:
        raise InvalidInputError(
            Problem(path="fault/kind", message=f"{kind!r} is none", hint=nearest(str(kind), kinds))
        )
    fault_class = CallFault if kind in [*CallFaultKind] else ResourceFault
    values, problems = _read_fields(fault_class, document)
    if problems:
        raise InvalidInputError(problems)
    return fault_class(**values)


def read_active_fault(document: Mapping[str, Any]) -> ActiveFault:
    """Return what ``write_active_fault`` wrote."""
    return ActiveFault(
        fault_id=document["id"], fault=read_fault(document["fault"]), struck=document["struck"]
    )


def write_active_fault(active: ActiveFault) -> dict[str, Any]:
    """Return the fault with its id and its count as a JSON document."""
    return {"id": active.fault_id, "struck": active.struck, "fault": write_fault(active.fault)}


def _glob(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("must be a name, which may hold * and ?")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be a text")
    return value


def _count(minimum: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or value < minimum:
            raise ValueError(f"must be a whole number from {minimum} on")
        return value

    return read


def _times(value: object) -> int | None:
    return None if value is None else _count(1)(value)


def _seconds(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ValueError("must be a number of seconds")  # noqa: TRY004 - a wrong value like others
    if not 0 < value <= LONGEST_SECONDS:
        raise ValueError(f"must be more than 0 and at most {LONGEST_SECONDS:.0f} seconds")
    return float(value)


def _action(value: object) -> ResourceAction:
    try:
        return ResourceAction(str(value))
    except ValueError:
        raise ValueError(nearest(str(value), (each.value for each in ResourceAction))) from None


def _kind(value: object) -> CallFaultKind | ResourceFaultKind:
    text = str(value)
    return CallFaultKind(text) if text in set(CallFaultKind) else ResourceFaultKind(text)


_READERS: Mapping[str, Callable[[object], Any]] = {
    "kind": _kind,
    "service": _glob,
    "operation": _glob,
    "stack": _glob,
    "logical_id": _glob,
    "resource_type": _glob,
    "action": _action,
    "after": _count(0),
    "every": _count(1),
    "times": _times,
    "seconds": _seconds,
    "reason": _text,
}


def _read_fields(
    fault_class: type[Fault], document: Mapping[Any, object]
) -> tuple[dict[str, Any], list[Problem]]:
    known = {each.name for each in fields(fault_class)}
    values: dict[str, Any] = {}
    problems = []
    for name, value in document.items():
        path = f"fault/{name}"
        if name not in known:
            problems.append(
                Problem(path=path, message="is unknown", hint=nearest(str(name), known))
            )
            continue
        try:
            values[name] = _READERS[name](value)
        except ValueError as error:
            problems.append(Problem(path=path, message=f"{value!r}: {error}"))
    return values, problems
