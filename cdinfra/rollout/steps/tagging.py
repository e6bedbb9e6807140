"""Makes the tags say the release, and takes along the hosts that came up meanwhile."""

from cdinfra.aws.hosts import Host
from cdinfra.errors import CloudError
from cdinfra.rollout.events import HostState, Phase
from cdinfra.rollout.fleet import PENDING, RUNNING
from cdinfra.rollout.steps.swapping import swap_portion, watch
from cdinfra.rollout.work import Work

LOOK_SECONDS = 5.0
"""Pause between two looks at hosts that boot."""

_TO_BE_TAGGED = (PENDING, RUNNING, "stopping", "stopped")
"""One that is stopped reads its tags when it is started again."""


class LatecomersError(Exception):
    """Hosts that came up meanwhile could not be taken along; the message says which and why."""


def tag_everything(work: Work) -> None:
    """Tag all hosts of the group, and give the stack the release for those to come.

    Raises:
        CdinfraError: Tags cannot be written, or the stack cannot be updated.
    """
    hosts = _live(work)
    work.begin(Phase.TAGS, len(hosts))
    _tag(work, hosts)
    work.ports.tagger.set_release(work.target, work.pacing.rest)
    given = work.fleet.read_release()
    if given != work.target:
        raise CloudError(
            f"the stack {work.plan.group.stack_name} gives {given or 'no release'} to hosts to "
            "come, though it was given another"
        )


def take_latecomers(work: Work, settled: set[str]) -> None:
    """Bring hosts to the release that came up while the tags said the old one.

    The group gives the new one to hosts to come by now, so there is an end to them.

    Args:
        work: The rollout.
        settled: Hosts that have been dealt with; those that are taken along are added.

    Raises:
        LatecomersError: Some could not be brought there.
        CdinfraError: The cloud cannot be asked.
    """
    since = work.pacing.now()
    seconds = work.plan.strategy.host_seconds
    up = (PENDING, RUNNING)
    while new := [
        each for each in _live(work) if each.instance_id not in settled and each.state in up
    ]:
        work.progress.add(new)
        ready = _ready(work, [each for each in new if each.state == RUNNING], settled)
        if ready:
            _take(work, ready, settled)
            continue
        left = seconds - work.pacing.seconds_since(since)
        waiting = [each for each in new if each.instance_id not in settled]
        if waiting and left <= 0:
            names = ", ".join(each.instance_id for each in waiting)
            raise LatecomersError(f"hosts that came up meanwhile do not answer: {names}")
        if waiting:
            work.pacing.wait_for("hosts that came up meanwhile", min(LOOK_SECONDS, left), left)


def _live(work: Work) -> tuple[Host, ...]:
    return tuple(each for each in work.fleet.list_hosts() if each.state in _TO_BE_TAGGED)


def _tag(work: Work, hosts: tuple[Host, ...]) -> None:
    ids = [each.instance_id for each in hosts]
    work.pacing.patiently(lambda: work.ports.tagger.tag_hosts(ids, work.target, work.generation))


def _ready(work: Work, hosts: list[Host], settled: set[str]) -> list[Host]:
    """Return the hosts that answer and do not run the release; the others that do are settled."""
    release = work.target
    ready = []
    for seen in work.fleet.ask(hosts):
        if seen.serves(release):
            settled.add(seen.host.instance_id)
            work.progress.move(seen.host.instance_id, HostState.DONE)
        elif seen.report is not None and (seen.report.running or seen.report.desired != release):
            ready.append(seen.host)
    return ready


def _take(work: Work, hosts: list[Host], settled: set[str]) -> None:
    ids = [each.instance_id for each in hosts]
    work.notice(f"taken along, as they came up meanwhile: {', '.join(ids)}")
    swap_portion(work, hosts, 0)
    watch(work, work.progress.of(ids, HostState.CHECKING), 0)
    settled.update(ids)
    _tag(work, work.progress.remaining(ids))
    if failed := [each for each in work.progress.failures if each.instance_id in ids]:
        words = "; ".join(f"{each.instance_id}: {each.reason}" for each in failed)
        raise LatecomersError(f"hosts that came up meanwhile failed: {words}")
