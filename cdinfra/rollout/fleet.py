"""Looks at a fleet: which hosts there are, and what each says of itself."""

from collections.abc import Iterable, Sequence

from cdinfra.aws.hosts import Host
from cdinfra.rollout.hands import Hands
from cdinfra.rollout.observed import Observed, ObservedHost
from cdinfra.rollout.pacing import Pacing
from cdinfra.rollout.ports import Ports

RUNNING = "running"
PENDING = "pending"


class Fleet:
    """The hosts of a deploy group.

    Args:
        ports: The world.
        pacing: What waits.
        hands: What asks hosts.
    """

    def __init__(self, ports: Ports, pacing: Pacing, hands: Hands) -> None:
        self._ports = ports
        self._pacing = pacing
        self._hands = hands

    def list_hosts(self) -> tuple[Host, ...]:
        """Return the hosts that are not terminated."""
        return self._pacing.patiently(self._ports.fleet.list_hosts)

    def read_release(self) -> str:
        """Return the release that hosts to come will run; empty before the first."""
        return self._pacing.patiently(self._ports.tagger.read_release)

    def observe(self) -> Observed:
        """Return the group with what every running host says.

        Raises:
            CloudError: The cloud cannot be asked.
        """
        found = self.list_hosts()
        release = self.read_release()
        running = [each for each in found if each.state == RUNNING]
        return Observed(
            hosts=self.ask(running),
            others=tuple(each for each in found if each.state != RUNNING),
            release=release,
            is_balanced=self._pacing.patiently(lambda: self._ports.balancer.is_there),
            seen_at=self._pacing.now(),
        )

    def ask(self, hosts: Sequence[Host]) -> tuple[ObservedHost, ...]:
        """Return what hosts say of themselves, in their order."""
        silent = self._hands.unreachable(hosts)
        seen = self._hands.ask([each for each in hosts if each.instance_id not in silent])
        return tuple(
            seen.get(each.instance_id)
            or ObservedHost(host=each, problem=silent.get(each.instance_id, "it cannot be reached"))
            for each in hosts
        )

    def gone(self, instance_ids: Iterable[str]) -> dict[str, str]:
        """Return those that do not run any more, each with its state, by instance id."""
        states = {each.instance_id: each.state for each in self.list_hosts()}
        return {
            each: state
            for each in instance_ids
            if (state := states.get(each, "terminated")) not in (RUNNING, PENDING)
        }
