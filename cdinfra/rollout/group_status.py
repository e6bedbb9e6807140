"""How a deploy group is: what each host should run, what it runs, and how they differ; pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from cdinfra.aws.hosts import RELEASE_TAG
from cdinfra.aws.scaling_groups import LaunchVersion, ScalingGroup
from cdinfra.deploy.host_answers import RUNNING, Asked
from cdinfra.deploy.host_report import HostReport
from cdinfra.deploy.host_survey import SeenHost, Survey
from cdinfra.rollout.group import DeployGroup
from cdinfra.rollout.observed import SERVES

UNKNOWABLE = frozenset({Asked.NOT_ASKED, Asked.NOT_BOOTED})
"""What is no host's own fault: nobody could ask it."""


class Configuration(StrEnum):
    """Whether a host was launched with what its group launches hosts with now."""

    CURRENT = "current"
    OUTDATED = "outdated"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostStatus:
    """A host, and how it differs from what its group says.

    Attributes:
        seen: The host, what it says, and what is thought of it.
        configuration: Whether its user data and machine are the group's current ones.
        launched_with: The launch template's version that it was launched with.
        drift: How it differs; one sentence each, none where it does not.
    """

    seen: SeenHost
    configuration: Configuration
    launched_with: LaunchVersion
    drift: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupStatus:
    """How a deploy group is.

    Attributes:
        group: The group.
        release: What it is to run; empty before its first release.
        agent: Fingerprint of the agent of the newest host that says it; empty where none does.
        hosts: Its hosts, by launch.
        drift: How the group itself differs from its stack; one sentence each.
        notes: What could not be found out; one sentence each.
    """

    group: DeployGroup
    release: str
    agent: str
    hosts: tuple[HostStatus, ...]
    drift: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_drifted(self) -> bool:
        """Whether anything differs."""
        return bool(self.drift) or any(each.drift for each in self.hosts)


def group_status(
    group: DeployGroup, release: str, scaling: ScalingGroup | None, survey: Survey
) -> GroupStatus:
    """Return how a deploy group is.

    Args:
        group: The group.
        release: The release of its stack; empty before the first.
        scaling: Its Auto Scaling group; None where that cannot be read.
        survey: Its hosts, and what each says.
    """
    agent = _newest_agent(survey.hosts)
    hosts = tuple(_host_status(each, release, agent, scaling) for each in survey.hosts)
    return GroupStatus(
        group=group,
        release=release,
        agent=agent,
        hosts=hosts,
        drift=tuple(_group_drift(release, scaling)),
        notes=survey.notes,
    )


def _host_status(
    seen: SeenHost, release: str, agent: str, scaling: ScalingGroup | None
) -> HostStatus:
    members = {each.instance_id: each for each in scaling.members} if scaling else {}
    member = members.get(seen.host.instance_id)
    launched_with = member.launched_with if member else LaunchVersion()
    wanted = scaling.launches_with if scaling else LaunchVersion()
    configuration = _configuration(launched_with, wanted)
    drift: list[str] = []
    if seen.host.state == RUNNING:
        drift += _tag_drift(seen, release)
        drift += _running_drift(seen, release)
        if configuration is Configuration.OUTDATED:
            drift.append(
                f"it was launched with version {launched_with.version} of the launch template, "
                f"and the group launches with {wanted.version}"
            )
        drift += _agent_drift(seen.answer.report, agent)
    return HostStatus(
        seen=seen, configuration=configuration, launched_with=launched_with, drift=tuple(drift)
    )


def _tag_drift(seen: SeenHost, release: str) -> Iterator[str]:
    tagged = seen.host.release
    if tagged != release:
        yield f"its tag names {tagged or 'no release'}, and the group's is {release or 'none yet'}"


def _running_drift(seen: SeenHost, release: str) -> Iterator[str]:
    report, asked = seen.answer.report, seen.answer.asked
    if report is None:
        if asked not in UNKNOWABLE:
            why = f": {seen.answer.problem}" if seen.answer.problem else ""
            yield f"it does not say what it runs: {asked}{why}"
        return
    if report.running != ((release,) if release else ()):
        yield f"it runs {' and '.join(report.running) or 'nothing'}"
    if report.running and report.health not in SERVES:
        yield f"it is {report.health}{f': {report.problem}' if report.problem else ''}"


def _agent_drift(report: HostReport | None, newest: str) -> Iterator[str]:
    if report is not None and report.agent != newest:
        yield f"its agent is {report.agent or 'unknown'}, and that of the newest host is {newest}"


def _newest_agent(hosts: Sequence[SeenHost]) -> str:
    said = [
        (each.host.launched_at, each.answer.report.agent)
        for each in hosts
        if each.answer.report and each.answer.report.agent
    ]
    return max(said)[1] if said else ""


def _group_drift(release: str, scaling: ScalingGroup | None) -> Iterator[str]:
    if scaling is None:
        return
    tagged = scaling.tags.get(RELEASE_TAG, "")
    if tagged != release:
        yield (
            f"its Auto Scaling group gives new hosts {tagged or 'no release'}, and its stack says "
            f"{release or 'none yet'}"
        )


def _configuration(launched: LaunchVersion, wanted: LaunchVersion) -> Configuration:
    numbers = launched.version.isdecimal() and wanted.version.isdecimal()
    if not numbers:
        return Configuration.UNKNOWN
    return Configuration.CURRENT if launched == wanted else Configuration.OUTDATED
