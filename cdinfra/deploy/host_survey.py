"""Finds out what hosts run: all of them at once, in a few seconds, and whoever is silent is told.

Their tags say what they shall run. What they do run only they know: they are asked by SSM
Run Command, in batches of 50, and what load balancers think of them is read meanwhile.
Nothing of that is needed, so nothing of it fails the whole: what cannot be had is missing,
with the reason.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from cdinfra.aws.cloud import Aws
from cdinfra.aws.failures import is_not_carried
from cdinfra.aws.hosts import Host, by_group
from cdinfra.aws.target_groups import TargetHealth
from cdinfra.deploy.clock import Clock
from cdinfra.deploy.host_answers import Answer, Answers, Asked
from cdinfra.errors import CloudError

_UNASKED = frozenset({Asked.NOT_ASKED, Asked.NOT_BOOTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenHost:
    """A host: what its tags say, what it says itself, and what load balancers think of it.

    Attributes:
        host: The instance and its tags.
        answer: What it said, or why it said nothing.
        targets: What each target group thinks of it; none where it is in none, or that cannot
            be read.
    """

    host: Host
    answer: Answer
    targets: tuple[TargetHealth, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """The hosts of an app.

    Attributes:
        hosts: The hosts, by deploy group and launch.
        notes: What could not be found out, and why; one sentence each.
    """

    hosts: tuple[SeenHost, ...]
    notes: tuple[str, ...] = ()

    @property
    def was_asked(self) -> bool:
        """Whether at least one host was asked."""
        return any(each.answer.asked not in _UNASKED for each in self.hosts)


def survey_hosts(
    places: Iterable[Aws],
    *,
    app: str,
    env: str,
    deploy_group: str | None = None,
    clock: Clock,
    timeout: float | None,
) -> Survey:
    """Return the hosts of an app, with what each says and what is thought of it.

    Args:
        places: Where to look; each alone.
        app: Name of the app.
        env: Name of the environment.
        deploy_group: Whose hosts alone; None for all of the app.
        clock: What time it is, and how to wait.
        timeout: How long to wait for answers, in seconds; None to read the tags alone.

    Raises:
        CloudError: The hosts cannot be listed.
    """
    found = [
        (
            aws,
            tuple(
                host
                for host in aws.hosts.describe_hosts(app, env)
                if deploy_group in (None, host.deploy_group)
            ),
        )
        for aws in places
    ]
    answers = [Answers(aws, hosts) for aws, hosts in found]
    targets: Mapping[str, tuple[TargetHealth, ...]] = {}
    notes: list[str] = []
    if timeout is not None:
        for each in answers:
            each.ask(_script(), seconds=max(1, round(timeout)))
        targets = _targets(found, notes)
        _wait(answers, clock, timeout)
    seen = [
        SeenHost(host=host, answer=each.of(host), targets=targets.get(host.instance_id, ()))
        for (_, hosts), each in zip(found, answers, strict=True)
        for host in hosts
    ]
    told = [each.note for each in answers if each.note]
    return Survey(
        hosts=tuple(sorted(seen, key=lambda each: by_group(each.host))),
        notes=tuple(dict.fromkeys([*told, *notes])),
    )


def _script() -> str:
    from cdinfra.cloudinit.host import AGENT_PATH  # noqa: PLC0415 - nothing else here needs it

    # The result is the last line, and SSM cuts what is long.
    return f"{AGENT_PATH} status 2>/dev/null | tail -n 1"


def _wait(answers: Iterable[Answers], clock: Clock, timeout: float) -> None:
    """Look at all answers together until none is outstanding or the time is over."""
    until = clock.now() + timedelta(seconds=timeout)
    while waiting := [each for each in answers if each.are_outstanding]:
        left = (until - clock.now()).total_seconds()
        for each in waiting:
            each.look()
        if left <= 0:
            return
        still = [each.pause_seconds for each in waiting if each.are_outstanding]
        if still:
            clock.sleep(min(max(still), left))


def _targets(
    found: Sequence[tuple[Aws, Sequence[Host]]], notes: list[str]
) -> Mapping[str, tuple[TargetHealth, ...]]:
    """Return what target groups think of each host, by its id; note what cannot be read."""
    targets: dict[str, tuple[TargetHealth, ...]] = {}
    for aws, hosts in found:
        names = tuple(dict.fromkeys(each.scaling_group for each in hosts if each.scaling_group))
        try:
            for arn in aws.target_groups.list_target_groups(names) if names else ():
                for each in aws.target_groups.describe_target_health(arn):
                    targets[each.target_id] = (*targets.get(each.target_id, ()), each)
        except CloudError as error:
            if not is_not_carried(error):
                notes.append(error.message)
    return targets
