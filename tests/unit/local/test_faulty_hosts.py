from cdinfra.aws.connection import Clients, Connection
from cdinfra.local.cloudformation.signals import (
    AwaitedHosts,
    Signal,
    SignalledResource,
    SignalStatus,
)
from cdinfra.local.fault_types import ResourceFault, ResourceFaultKind
from cdinfra.local.faults import Faults
from cdinfra.local.faulty_hosts import FaultyHosts

HOSTS = AwaitedHosts(
    stack_id="arn",
    stack_name="shop-dev-web",
    logical_id="Group",
    resource_type="AWS::AutoScaling::AutoScalingGroup",
    physical_id="group",
    region="eu-central-1",
    clients=Clients(Connection()),
)


class SoundHosts:
    def awaited(self, hosts: AwaitedHosts) -> tuple[Signal, ...]:
        assert hosts is HOSTS
        return tuple(
            Signal(unique_id=f"i-{number}", status=SignalStatus.SUCCESS) for number in range(3)
        )

    def heard(self, signal: Signal, resource: SignalledResource) -> Signal:
        assert resource.logical_id == "Group"
        return signal


def signals(faults: Faults) -> list[tuple[str, SignalStatus, str]]:
    return [
        (each.unique_id, each.status, each.reason)
        for each in FaultyHosts(faults, SoundHosts()).awaited(HOSTS)
    ]


def test_sound_hosts_signal_success() -> None:
    faults = Faults(wait=lambda _seconds: None)
    assert [status for _, status, _ in signals(faults)] == [SignalStatus.SUCCESS] * 3


def test_the_first_host_fails_and_the_second_keeps_silent() -> None:
    faults = Faults(wait=lambda _seconds: None)
    faults.add(ResourceFault(kind=ResourceFaultKind.HOST_FAILS, reason="no disk", times=1))
    faults.add(ResourceFault(kind=ResourceFaultKind.HOST_SILENT, after=0, times=1))
    assert signals(faults) == [
        ("i-0", SignalStatus.FAILURE, "no disk"),
        ("i-2", SignalStatus.SUCCESS, ""),
    ]


def test_the_faults_strike_signals_that_hosts_send_themselves() -> None:
    faults = Faults(wait=lambda _seconds: None)
    faults.add(ResourceFault(kind=ResourceFaultKind.HOST_FAILS, reason="no disk", times=1))
    faults.add(ResourceFault(kind=ResourceFaultKind.HOST_SILENT, after=0, times=1))
    hosts = FaultyHosts(faults, SoundHosts())
    group = SignalledResource(
        stack_name="shop-dev-web", logical_id="Group", resource_type=HOSTS.resource_type
    )
    sent = [Signal(unique_id=f"i-{n}", status=SignalStatus.SUCCESS) for n in range(3)]
    heard = [hosts.heard(signal, group) for signal in sent]
    failed = Signal(unique_id="i-0", status=SignalStatus.FAILURE, reason="no disk")
    assert heard == [failed, None, sent[2]]
