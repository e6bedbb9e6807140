"""Brings the hosts that have changed back to the release that the group ran before.

The hosts are asked first: one that runs the old release and is well has not to do anything.
The others go in the reverse order, as many at once as on the way forward, and each is asked
again at the end. What is said to be back is back.
"""

from collections.abc import Sequence
from itertools import islice

from cdinfra.aws.hosts import Host
from cdinfra.rollout.answers import Answer
from cdinfra.rollout.events import HostState, Phase, RolloutOutcome, WentBack
from cdinfra.rollout.observed import ObservedHost
from cdinfra.rollout.plan import Purpose
from cdinfra.rollout.steps.balancing import await_healthy, put_back
from cdinfra.rollout.steps.swapping import problem_of
from cdinfra.rollout.work import Work

TRIES = 2
"""How often a host is told to go back, before it counts as not back."""

VERIFY_PAUSE = 3.0
"""Seconds before a host is asked once more that was not well: one probe may fail by chance."""


def go_back(work: Work, suspects: Sequence[Host], reason: str) -> RolloutOutcome:
    """Bring hosts back, and return how that went.

    Args:
        work: The rollout.
        suspects: The hosts that may not run the old release, in the order in which they changed.
        reason: Why it goes back.

    Raises:
        LockLostError: Somebody else has taken the lock.
        CloudError: The cloud cannot be asked.
    """
    release = work.record.from_release
    if not suspects:
        put_back(work, [work.progress.hosts[each] for each in work.progress.out], 0)
        return RolloutOutcome.NOTHING_CHANGED
    if not release:
        return _nothing_to_go_back_to(work, suspects)
    work.target = release
    work.write(is_going_back=True, reason=reason)
    work.tell(WentBack(reason=reason, hosts=len(suspects), release=release))
    left = list(work.drop_gone(tuple(reversed(suspects))))
    work.progress.move_all(left, HostState.GOING_BACK)
    problems = _not_back(work, left)
    left = [each for each in left if each.instance_id in problems]
    size = max((each.at_once for each in work.plan.batches), default=1)
    for number in range(1, TRIES + 1):
        waiting = iter(left)
        left = []
        while portion := list(islice(waiting, size)):
            left += _bring_back(work, portion, is_last=number == TRIES)
    put_back(work, [work.progress.hosts[each] for each in work.progress.out], 0)
    return _verdict(work, suspects)


def _bring_back(work: Work, portion: list[Host], *, is_last: bool) -> list[Host]:
    """Tell hosts to go back; return those that are not, and tell of them at the last try."""
    reasons: dict[str, str] = {}

    def on_answer(instance_id: str, answer: Answer) -> None:
        reasons[instance_id] = answer.reason
        work.progress.note_outcome(instance_id, answer.outcome)

    work.begin(Phase.SWAP, len(portion))
    work.progress.move_all(portion, HostState.GOING_BACK)
    work.hands.run(
        portion,
        work.deploy_words(again=False),
        seconds=work.plan.strategy.host_seconds,
        what="hosts to go back",
        on_answer=on_answer,
    )
    still = work.drop_gone(portion)
    put_back(work, still, 0)
    problems = _not_back(work, still)
    for instance_id, problem in problems.items() if is_last else ():
        reason = reasons.get(instance_id) or problem
        work.progress.fail(instance_id, reason, state=HostState.NOT_BACK)
    return [each for each in still if each.instance_id in problems]


def _not_back(work: Work, hosts: Sequence[Host]) -> dict[str, str]:
    """Ask hosts; tell of those that are back, and return why the others are not."""
    problems = _problems(work, hosts)
    if problems:
        work.pacing.rest(VERIFY_PAUSE)
        problems = _problems(work, [each for each in hosts if each.instance_id in problems])
    back = [each for each in hosts if each.instance_id not in problems]
    registered = [each for each in back if each.instance_id not in work.progress.out]
    await_healthy(work, registered, HostState.NOT_BACK)
    well = work.progress.of([each.instance_id for each in back], HostState.GOING_BACK)
    work.progress.move_all(well, HostState.BACK)
    if work.plan.purpose is not Purpose.ABORT:
        work.progress.changed.difference_update(each.instance_id for each in well)
    return problems


def _problems(work: Work, hosts: Sequence[Host]) -> dict[str, str]:
    return {
        each.host.instance_id: problem
        for each in (work.fleet.ask(hosts) if hosts else ())
        if (problem := _problem(each, work.target))
    }


def _problem(seen: ObservedHost, release: str) -> str:
    return "" if seen.serves(release) else problem_of(seen, release) or "it does not run it well"


def _verdict(work: Work, suspects: Sequence[Host]) -> RolloutOutcome:
    ids = [each.instance_id for each in suspects]
    not_back = work.progress.of(ids, HostState.NOT_BACK)
    if not_back:
        return RolloutOutcome.ROLLBACK_INCOMPLETE
    return RolloutOutcome.ROLLED_BACK


def _nothing_to_go_back_to(work: Work, suspects: Sequence[Host]) -> RolloutOutcome:
    """Find out whether a first release runs on some hosts: those cannot go back."""
    running = [each for each in work.fleet.ask(work.drop_gone(suspects)) if _runs_any(each)]
    if not running:
        return RolloutOutcome.NOTHING_CHANGED
    names = ", ".join(each.host.instance_id for each in running)
    work.notice(f"there is no release to go back to; the new one stays on {names}")
    for each in running:
        reason = each.problem or "it runs the new release; there was none before"
        work.progress.fail(each.host.instance_id, reason, state=HostState.NOT_BACK)
    return RolloutOutcome.ROLLBACK_INCOMPLETE


def _runs_any(seen: ObservedHost) -> bool:
    return seen.report is None or bool(seen.report.running)
