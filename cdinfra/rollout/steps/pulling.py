"""Has every host pull the image, before any of them changes."""

from cdinfra.rollout.answers import Answer, Verdict
from cdinfra.rollout.events import HostState, Phase
from cdinfra.rollout.work import Work


def pull_everywhere(work: Work) -> None:
    """Have every host that is to change pull the image; those that cannot have failed.

    Raises:
        LockLostError: Somebody else has taken the lock.
        CloudError: The cloud cannot be asked.
    """
    progress = work.progress
    hosts = progress.remaining([each.instance_id for each in work.plan.hosts])
    work.begin(Phase.PULL, len(hosts))
    if not hosts:
        return
    failed: dict[str, Answer] = {}

    def on_answer(instance_id: str, answer: Answer) -> None:
        if answer.verdict is Verdict.DONE:
            progress.move(instance_id, HostState.PULLED)
        else:
            failed[instance_id] = answer

    progress.move_all(hosts, HostState.PULLING)
    work.hands.run(
        hosts,
        ("pull", work.plan.image.release),
        seconds=work.plan.strategy.host_seconds,
        what="the image to be pulled",
        on_answer=on_answer,
    )
    for each in work.drop_gone([progress.hosts[one] for one in failed]):
        answer = failed[each.instance_id]
        progress.fail(each.instance_id, answer.reason, answer.log)
