"""The faults of one local cloud: counts what passes, and says what is struck.

The count decides, never chance: the same calls in the same order are struck the same
way every time.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from threading import Lock
from typing import TypeVar

from cdinfra.errors import InvalidInputError, Problem, nearest
from cdinfra.local.fault_types import (
    ActiveFault,
    CallFault,
    CallFaultKind,
    Fault,
    ResourceFault,
    ResourceFaultKind,
)
from cdinfra.local.resources.contract import ResourceError

SLOW = frozenset({CallFaultKind.SLOW_CALL, ResourceFaultKind.RESOURCE_SLOW})

Wait = Callable[[float], object]

FaultT = TypeVar("FaultT", CallFault, ResourceFault)


@dataclass(slots=True)
class _Counted:
    """A fault and how often it matched and struck."""

    fault_id: str
    fault: Fault
    matched: int = 0
    struck: int = 0

    def strikes(self) -> bool:
        """Count one match; say whether it is struck."""
        if self.fault.times is not None and self.struck >= self.fault.times:
            return False
        self.matched += 1
        turn = self.matched - self.fault.after
        if turn <= 0 or (turn - 1) % self.fault.every:
            return False
        self.struck += 1
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSignal:
    """How a host behaves instead of signalling success.

    Attributes:
        silent: It does not signal at all; else it signals FAILURE.
        reason: What goes with the FAILURE.
    """

    silent: bool
    reason: str


@dataclass(slots=True)
class Faults:
    """What was asked for so far. Safe to use from several threads.

    Args:
        wait: Waits that many seconds; one that ends early at shutdown is best.
    """

    wait: Wait
    _lock: Lock = field(default_factory=Lock, init=False)
    _counted: list[_Counted] = field(default_factory=list, init=False)
    _last_id: int = field(default=0, init=False)

    def add(self, fault: Fault) -> ActiveFault:
        """Ask for a fault; it strikes from the next call or resource on."""
        with self._lock:
            self._last_id += 1
            self._counted.append(_Counted(f"fault-{self._last_id}", fault))
            return _active(self._counted[-1])

    def active(self) -> tuple[ActiveFault, ...]:
        """Return the faults that were asked for, the spent ones too, oldest first."""
        with self._lock:
            return tuple(map(_active, self._counted))

    def clear(self, fault_id: str = "") -> None:
        """Take one fault back, or all of them.

        Raises:
            InvalidInputError: There is no fault of that id.
        """
        with self._lock:
            known = [each.fault_id for each in self._counted]
            if fault_id and fault_id not in known:
                raise InvalidInputError(
                    Problem(
                        path=f"faults/{fault_id}", message="is none", hint=nearest(fault_id, known)
                    )
                )
            self._counted = [each for each in self._counted if fault_id not in {"", each.fault_id}]

    def before_call(self, service: str, operation: str) -> CallFaultKind | None:
        """Return what a call is answered with, or None where it may pass.

        Waits where the call is to be slow.

        Args:
            service: boto3's name of the service.
            operation: Name of the API call.
        """
        answer: CallFaultKind | None = None
        for fault in self._struck(lambda fault: _call_hit(fault, service, operation)):
            if fault.kind is CallFaultKind.SLOW_CALL:
                self.wait(fault.seconds)
            else:
                answer = fault.kind
        return answer

    def before_resource(
        self, stack_name: str, logical_id: str, resource_type: str, action: str
    ) -> None:
        """Wait where the resource is to be slow.

        Raises:
            ResourceError: It is to fail.
        """
        wanted = (ResourceFaultKind.RESOURCE_FAILS, ResourceFaultKind.RESOURCE_SLOW)
        names = (stack_name, logical_id, resource_type)
        for fault in self._struck(lambda fault: _resource_hit(fault, wanted, names, action)):
            if fault.kind is ResourceFaultKind.RESOURCE_SLOW:
                self.wait(fault.seconds)
            else:
                raise ResourceError(fault.reason)

    def host_signal(
        self, stack_name: str, logical_id: str, resource_type: str
    ) -> HostSignal | None:
        """Return how the next host of a resource behaves, or None where it is sound."""
        wanted = (ResourceFaultKind.HOST_FAILS, ResourceFaultKind.HOST_SILENT)
        names = (stack_name, logical_id, resource_type)
        for fault in self._struck(lambda fault: _resource_hit(fault, wanted, names, "*")):
            silent = fault.kind is ResourceFaultKind.HOST_SILENT
            return HostSignal(silent=silent, reason=fault.reason)
        return None

    def _struck(self, hit: Callable[[Fault], FaultT | None]) -> tuple[FaultT, ...]:
        """Return the faults that strike now: slow ones, and at last one that ends it."""
        struck: list[FaultT] = []
        with self._lock:
            for each in self._counted:
                fault = hit(each.fault)
                if fault is not None and each.strikes():
                    struck.append(fault)
                    if fault.kind not in SLOW:
                        break
        return tuple(struck)


def _active(counted: _Counted) -> ActiveFault:
    return ActiveFault(fault_id=counted.fault_id, fault=counted.fault, struck=counted.struck)


def _call_hit(fault: Fault, service: str, operation: str) -> CallFault | None:
    if not isinstance(fault, CallFault):
        return None
    hits = fnmatchcase(service, fault.service) and fnmatchcase(operation, fault.operation)
    return fault if hits else None


def _resource_hit(
    fault: Fault, kinds: tuple[ResourceFaultKind, ...], names: tuple[str, str, str], action: str
) -> ResourceFault | None:
    if not isinstance(fault, ResourceFault) or fault.kind not in kinds:
        return None
    globs = (fault.stack, fault.logical_id, fault.resource_type)
    hits = fnmatchcase(action, fault.action) and all(map(fnmatchcase, names, globs))
    return fault if hits else None
