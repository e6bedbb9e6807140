"""Runs a program on hosts at once and waits for all of them."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from cdinfra.aws.hosts import Host
from cdinfra.deploy.clock import Clock
from cdinfra.errors import CloudError
from cdinfra.rollout.transport import Ended, Ending, Sent, Transport

REACH_SECONDS = 60
"""How much longer than its time a command may take to get there and back."""

NOT_KNOWN = 255
"""Exit code where it is not known what became of the program, as with ssh."""


def run_everywhere(
    transport: Transport,
    hosts: Sequence[Host],
    words: Sequence[str],
    *,
    seconds: int,
    clock: Clock,
    on_ended: Callable[[Ended], None],
) -> tuple[Ended, ...]:
    """Run a program on hosts, and return what became of it, in their order.

    Whatever ends the waiting calls the command off.

    Args:
        transport: How they are reached.
        hosts: The hosts.
        words: The program and its arguments.
        seconds: How long it may run on each.
        clock: What time it is, and how to wait.
        on_ended: Told of each host as soon as it has ended.

    Raises:
        CloudError: What carries the command refuses.
    """
    sent = transport.send(hosts, words, seconds=seconds, last_line=False)
    until = clock.now() + timedelta(seconds=seconds + REACH_SECONDS)
    told: dict[str, Ended] = {}
    try:
        while True:
            for instance_id, ended in sent.look().items():
                if instance_id not in told:
                    told[instance_id] = ended
                    on_ended(ended)
            if len(told) == len(hosts) or clock.now() >= until:
                break
            clock.sleep(transport.look_seconds)
    finally:
        if len(told) < len(hosts):
            _call_off(sent)
    for each in hosts:
        if each.instance_id not in told:
            told[each.instance_id] = _silent(each.instance_id)
            on_ended(told[each.instance_id])
    return tuple(told[each.instance_id] for each in hosts)


def worst_code(ended: Sequence[Ended]) -> int:
    """Return the exit code that stands for all hosts: the highest."""
    codes = (NOT_KNOWN if each.exit_code is None else each.exit_code for each in ended)
    return max(codes, default=0)


def _call_off(sent: Sent) -> None:
    try:
        sent.cancel()
    except CloudError:
        # Why the waiting ended is what there is to tell.
        return


def _silent(instance_id: str) -> Ended:
    problem = "nothing is known of it, though its time is over; it was called off"
    return Ended(instance_id=instance_id, ending=Ending.LOST, problem=problem)
