import pytest

from cdinfra.local.hosts.host import Action, Host, HostState, next_action


def host(state: HostState) -> Host:
    return Host(
        instance_id="i-1",
        region="eu-central-1",
        account="123456789012",
        container="c",
        address="172.18.0.2",
        state=state,
    )


@pytest.mark.parametrize(
    ("instance", "state", "action"),
    [
        ("running", None, Action.LAUNCH),
        ("stopped", None, None),
        ("terminated", None, None),
        ("running", HostState.BOOTING, None),
        ("running", HostState.RUNNING, None),
        ("running", HostState.DOWN, None),
        ("running", HostState.STOPPED, Action.START),
        ("stopped", HostState.RUNNING, Action.STOP),
        ("stopped", HostState.DOWN, Action.STOP),
        ("stopped", HostState.STOPPED, None),
        ("terminated", HostState.RUNNING, Action.REMOVE),
        ("terminated", HostState.STOPPED, Action.REMOVE),
        ("shutting-down", HostState.DOWN, Action.REMOVE),
        ("terminated", HostState.GONE, None),
        ("running", HostState.GONE, None),
    ],
)
def test_what_is_done_with_a_host_follows_from_what_the_api_says(
    instance: str, state: HostState | None, action: Action | None
) -> None:
    assert next_action(instance, None if state is None else host(state)) is action


@pytest.mark.parametrize(
    ("instance", "state", "action"),
    [
        ("running", HostState.RUNNING, Action.REBOOT),
        ("running", HostState.DOWN, Action.REBOOT),
        ("running", HostState.STOPPED, Action.START),
        ("stopped", HostState.STOPPED, None),
        ("terminated", HostState.RUNNING, Action.REMOVE),
    ],
)
def test_a_reboot_is_done_unless_something_stronger_is_due(
    instance: str, state: HostState, action: Action | None
) -> None:
    assert next_action(instance, host(state), reboot=True) is action
