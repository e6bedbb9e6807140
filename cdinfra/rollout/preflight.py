"""The look before a rollout: what forbids it, all of it at once, and what is worth knowing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cdinfra.aws.cloud import Aws
from cdinfra.aws.stacks import StackDescription
from cdinfra.deploy.host_report import HostHealth
from cdinfra.deploy.statuses import RULES
from cdinfra.errors import Problem
from cdinfra.rollout.disk_floor import disk_floor
from cdinfra.rollout.group import DeployGroup
from cdinfra.rollout.group_stack import describe_group_stack, moved_parameters
from cdinfra.rollout.image import Image
from cdinfra.rollout.observed import Observed, ObservedHost
from cdinfra.rollout.ports import Findings
from cdinfra.rollout.tagger import UPDATABLE

MOST_NAMED = 3
"""Most hosts that are named with one problem; the rest is counted."""

FREE_SPACE = "free_mebibytes"
"""What a host's report calls its free space."""

BOOTING = "pending"


@dataclass(frozen=True, slots=True, kw_only=True)
class StackFacts:
    """What was found out of a group's stack.

    Attributes:
        stack: Its name within the app.
        description: What CloudFormation says of it.
        disk_floor: Free space in MiB below which hosts pull no image; None where nobody knows.
        moved: SSM parameters that hold another value than at the last update: then and now.
    """

    stack: str
    description: StackDescription
    disk_floor: int | None = None
    moved: Mapping[str, tuple[str, str]] = field(default_factory=dict)


class AwsPreflight:
    """Looks before the rollouts of one deploy group.

    Args:
        aws: The group's place.
        group: The deploy group.
    """

    def __init__(self, aws: Aws, group: DeployGroup) -> None:
        self._aws = aws
        self._group = group

    def check(self, image: Image, observed: Observed) -> Findings:
        """Return what forbids to roll an image out, and what a person should know.

        Args:
            image: The image.
            observed: The hosts, and what each says.

        Raises:
            CloudError: The stack is gone, or the cloud cannot be asked.
        """
        description = describe_group_stack(self._aws, self._group)
        facts = StackFacts(
            stack=self._group.stack,
            description=description,
            disk_floor=disk_floor(self._aws.stacks.get_template(description.stack_id)),
            moved=moved_parameters(self._aws, description),
        )
        return examine(image, observed, facts)


def examine(image: Image, observed: Observed, facts: StackFacts) -> Findings:
    """Return what forbids to roll an image out, and what a person should know; pure.

    Args:
        image: The image.
        observed: The hosts, and what each says.
        facts: Of their stack.
    """
    return Findings(
        problems=(
            *_stack_problems(facts),
            *_silent(observed.hosts),
            *_tag_problems(observed.hosts),
            *_architecture_problems(image, observed.hosts),
            *_disk_problems(image, observed.hosts, facts.disk_floor),
        ),
        notes=(
            *image.notes,
            *_image_moves(facts),
            *_other_hosts(observed),
            *_agent_notes(observed.hosts),
            *_health_notes(observed.hosts),
        ),
    )


def named(hosts: Iterable[str]) -> str:
    """Return hosts as they are named in a sentence: the first, and how many more.

    >>> named(["i-1", "i-2", "i-3", "i-4"])
    'i-1, i-2, i-3 and 1 more'

    Args:
        hosts: Instance ids.
    """
    every = tuple(hosts)
    more = f" and {len(every) - MOST_NAMED} more" if len(every) > MOST_NAMED else ""
    return f"{', '.join(every[:MOST_NAMED])}{more}"


def _stack_problems(facts: StackFacts) -> Iterator[Problem]:
    status, stack = facts.description.status, facts.stack
    rule = RULES[status]
    if rule.up in UPDATABLE:
        return
    if status.is_running:
        message, hint = f"is being worked on: {status}", f"cdinfra attach {stack}"
    else:
        message = f"is in {status}{f': {rule.why}' if rule.why else ''}"
        hint = rule.hint_for(stack, ()) or f"cdinfra explain {stack}"
    yield Problem(path=f"stacks/{stack}", message=message, hint=hint)


def _silent(hosts: Sequence[ObservedHost]) -> Iterator[Problem]:
    found = _grouped((each.problem or "it says nothing", each) for each in hosts if not each.report)
    for reason, silent in found.items():
        hint = "see `cdinfra hosts`; one that is broken may be terminated, and comes back new"
        message = f"cannot be asked: {reason}"
        yield Problem(path=f"hosts/{named(silent)}", message=message, hint=hint)


def _tag_problems(hosts: Sequence[ObservedHost]) -> Iterator[Problem]:
    """Yield what a host finds wrong with its own tags, for which it refuses deploys."""
    said = ((str(each.report.details.get("problem") or ""), each) for each in hosts if each.report)
    for problem, concerned in _grouped(pair for pair in said if pair[0]).items():
        yield Problem(path=f"hosts/{named(concerned)}", message=problem, hint="mend the tag")


def _architecture_problems(image: Image, hosts: Sequence[ObservedHost]) -> Iterator[Problem]:
    if not image.architectures:
        return
    built = ", ".join(image.architectures)
    wrong = _grouped(
        (each.host.architecture, each)
        for each in hosts
        if each.host.architecture and each.host.architecture not in image.architectures
    )
    for architecture, concerned in wrong.items():
        message = f"are {architecture}, and the image is built for {built}"
        hint = "build it for both: docker buildx build --platform linux/amd64,linux/arm64"
        yield Problem(path=f"hosts/{named(concerned)}", message=message, hint=hint)


def _disk_problems(
    image: Image, hosts: Sequence[ObservedHost], floor: int | None
) -> Iterator[Problem]:
    """Yield the hosts that would refuse to pull; one that runs the image pulls nothing."""
    if floor is None:
        return
    short = _grouped(
        (f"{free:,}", each)
        for each in hosts
        if (free := _free_space(each)) is not None
        and free < floor
        and each.running != image.release
    )
    for free_text, concerned in short.items():
        message = f"{free_text} MiB are free, and an image is pulled only with {floor:,}"
        hint = "remove what is not needed there, such as old images: cdinfra-host prune"
        yield Problem(path=f"hosts/{named(concerned)}", message=message, hint=hint)


def _free_space(host: ObservedHost) -> int | None:
    said = host.report.details.get(FREE_SPACE) if host.report else None
    return said if isinstance(said, int) and not isinstance(said, bool) else None


def _image_moves(facts: StackFacts) -> Iterator[str]:
    for name, (then, now) in facts.moved.items():
        yield (
            f"{name} of {facts.stack} has moved from {then} to {now}: this rollout leaves the "
            f"hosts on {then}, and the next `cdinfra up {facts.stack}` takes the new one"
        )


def _other_hosts(observed: Observed) -> Iterator[str]:
    if not observed.hosts:
        yield "no host runs: the release is set for those to come, and nothing is tried with it"
    by_state: dict[str, list[str]] = {}
    for each in observed.others:
        by_state.setdefault(each.state, []).append(each.instance_id)
    for state, instance_ids in by_state.items():
        does = "taken along when it has booted" if state == BOOTING else "left out"
        yield f"{named(instance_ids)}: {state}, and {does}"


def _agent_notes(hosts: Sequence[ObservedHost]) -> Iterator[str]:
    asked = [each for each in hosts if each.report]
    agents = _grouped((each.report.agent, each) for each in asked if each.report)
    if unknown := agents.pop("", []):
        yield f"{named(unknown)}: the agent does not say which version it is"
    if len(agents) > 1:
        told = "; ".join(f"{agent} on {named(concerned)}" for agent, concerned in agents.items())
        yield f"the hosts have different versions of the agent: {told}"


def _health_notes(hosts: Sequence[ObservedHost]) -> Iterator[str]:
    drained = [
        each.host.instance_id
        for each in hosts
        if each.report and each.report.health is HostHealth.DRAINED
    ]
    if drained:
        yield f"{named(drained)}: drained by hand; with the release it serves again"
    sick = _grouped(
        (each.report.problem, each) for each in hosts if each.report and each.report.problem
    )
    for problem, concerned in sick.items():
        yield f"{named(concerned)}: what runs there now is not well: {problem}"


def _grouped(pairs: Iterable[tuple[str, ObservedHost]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, host in pairs:
        found.setdefault(key, []).append(host.host.instance_id)
    return found
