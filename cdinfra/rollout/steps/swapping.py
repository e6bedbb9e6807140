"""Has hosts swap their container, some at once, and sees that they are well then."""

from collections.abc import Mapping, Sequence

from cdinfra.aws.hosts import Host
from cdinfra.rollout.answers import Answer, Verdict
from cdinfra.rollout.events import HostState, Phase
from cdinfra.rollout.observed import ObservedHost
from cdinfra.rollout.steps.balancing import await_healthy, drain, put_back
from cdinfra.rollout.work import Work

SECOND_LOOK_SECONDS = 3.0
"""After which a host is asked once more that was not well: one probe may fail by chance."""


def swap_portion(work: Work, hosts: Sequence[Host], batch: int) -> None:
    """Bring hosts to the release, all of them at once; each is served or failed then."""
    progress = work.progress
    if work.plan.strategy.drains and work.ports.balancer.is_there:
        drain(work, hosts, batch)
    going = progress.remaining([each.instance_id for each in hosts])
    work.begin(Phase.SWAP, len(going), batch)
    unsure = _deploy(work, going)
    for each in _settle(work, unsure):
        progress.fail(each, unsure[each].reason, unsure[each].log)
    put_back(work, progress.remaining([each.instance_id for each in hosts]), batch)
    put_back(work, progress.of([each.instance_id for each in hosts], HostState.FAILED), batch)
    served = progress.of([each.instance_id for each in going], HostState.CHECKING)
    if work.ports.balancer.is_there:
        progress.move_all(served, HostState.REGISTERING)
        await_healthy(work, served)
        well = progress.of([each.instance_id for each in served], HostState.REGISTERING)
        progress.move_all(well, HostState.CHECKING)


def watch(work: Work, hosts: Sequence[Host], batch: int) -> None:
    """See that hosts run the release, and well; those that do not have failed."""
    work.begin(Phase.HEALTH, len(hosts), batch)
    unwell = _unwell(work, hosts)
    if unwell:
        work.pacing.rest(SECOND_LOOK_SECONDS)
        unwell = _unwell(work, [work.progress.hosts[each] for each in unwell])
    for each in work.drop_gone([work.progress.hosts[one] for one in unwell]):
        reason = problem_of(unwell[each.instance_id], work.target)
        work.progress.fail(each.instance_id, reason)
    work.progress.move_all(
        work.progress.of([each.instance_id for each in hosts], HostState.CHECKING), HostState.DONE
    )


def problem_of(seen: ObservedHost, release: str) -> str:
    """Return in words why a host does not run a release well; empty where it does."""
    if seen.report is None:
        return seen.problem
    if ended := _restarts(seen, release):
        return f"its container has ended {ended} times since its gate opened"
    if seen.serves(release):
        return ""
    if seen.report.problem:
        return seen.report.problem
    if seen.running != release:
        return f"it runs {' and '.join(seen.report.running) or 'nothing'}"
    return f"it is {seen.report.health}"


def _deploy(work: Work, hosts: Sequence[Host]) -> dict[str, Answer]:
    """Send hosts to the release; return the answers of those that may not have got there."""
    progress, unsure = work.progress, dict[str, Answer]()

    def on_answer(instance_id: str, answer: Answer) -> None:
        if answer.verdict is Verdict.DONE:
            progress.note_outcome(instance_id, answer.outcome)
            progress.move(instance_id, HostState.CHECKING)
        else:
            if answer.verdict is Verdict.UNREACHABLE and instance_id not in before:
                progress.touched.pop(instance_id, None)
            unsure[instance_id] = answer

    before = {each.instance_id for each in hosts if each.instance_id in progress.touched}
    progress.move_all(hosts, HostState.SWAPPING)
    progress.touched.update(dict.fromkeys(each.instance_id for each in hosts))
    work.hands.run(
        hosts,
        work.deploy_words(again=work.starts_anew),
        seconds=work.plan.strategy.host_seconds,
        what="hosts to swap",
        on_answer=on_answer,
    )
    return unsure


def _settle(work: Work, unsure: Mapping[str, Answer]) -> list[str]:
    """Ask the hosts again that may have got there; return those that have failed."""
    left = work.drop_gone([work.progress.hosts[each] for each in unsure])
    asked = [each for each in left if unsure[each.instance_id].verdict is Verdict.UNSURE]
    release = work.target
    for seen in work.fleet.ask(asked) if asked and not work.starts_anew else ():
        if not problem_of(seen, release):
            work.progress.note_outcome(seen.host.instance_id, "changed")
            work.progress.move(seen.host.instance_id, HostState.CHECKING)
    states = (HostState.CHECKING, HostState.GONE)
    return [
        each.instance_id for each in left if work.progress.state(each.instance_id) not in states
    ]


def _unwell(work: Work, hosts: Sequence[Host]) -> dict[str, ObservedHost]:
    release = work.target
    return {
        each.host.instance_id: each
        for each in work.fleet.ask(hosts)
        if _is_unwell(work, each, release)
    }


def _is_unwell(work: Work, seen: ObservedHost, release: str) -> bool:
    """Whether a host is not well; a container that was here before may have ended earlier."""
    if seen.host.instance_id in work.progress.changed:
        return bool(problem_of(seen, release))
    return not seen.serves(release)


def _restarts(seen: ObservedHost, release: str) -> int:
    containers = seen.report.details.get("containers") if seen.report else None
    if not isinstance(containers, list):
        return 0
    counts = [
        each.get("restarts")
        for each in containers
        if isinstance(each, dict) and each.get("release") == release
    ]
    return sum(each for each in counts if isinstance(each, int))
