"""What was seen of a fleet: its hosts, and what each says of itself."""

from dataclasses import dataclass
from datetime import datetime

from cdinfra.aws.hosts import Host
from cdinfra.deploy.host_report import HostHealth, HostReport

SERVES = frozenset({HostHealth.HEALTHY, HostHealth.STARTING})
"""How a host may be that runs its release well: Docker's own check may still be at its start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedHost:
    """A host that runs, and what it says.

    Attributes:
        host: The instance and its tags.
        report: What it says; None where it said nothing.
        problem: Why it said nothing, in words; else empty.
    """

    host: Host
    report: HostReport | None = None
    problem: str = ""

    @property
    def running(self) -> str:
        """The release that it runs; empty where none or two."""
        releases = self.report.running if self.report else ()
        return releases[0] if len(releases) == 1 else ""

    def serves(self, release: str) -> bool:
        """Whether it runs a release, this alone, and well."""
        if self.report is None or self.running != release:
            return False
        return self.report.health in SERVES and self.report.desired in ("", release)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What was seen of a deploy group.

    Attributes:
        hosts: The hosts that run, by deploy group and launch.
        others: Those that do not run: they boot, stop, or are stopped.
        release: The release of the group: what hosts to come will run; empty before the first.
        is_balanced: Whether a load balancer stands before the hosts.
        seen_at: When.
    """

    hosts: tuple[ObservedHost, ...]
    others: tuple[Host, ...] = ()
    release: str = ""
    is_balanced: bool = False
    seen_at: datetime
