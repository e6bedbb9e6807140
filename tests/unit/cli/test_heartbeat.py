import pytest

from cdinfra.cli.heartbeat import QUIET_SECONDS, Heartbeat
from cdinfra.cli.render.still import StillProgress
from cdinfra.deploy.plan import Plan, StackAction, Verb
from cdinfra.events import Event, Notice, StackStarted

WEB = StackAction(stack="web", stack_name="shop-dev-web", verb=Verb.UPDATE)
PLAN = Plan(app="shop", env="dev", actions=(WEB,))
STARTED = StackStarted(stack="web", stack_name="shop-dev-web", verb="update")


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def heartbeat(time: Time, told: list[str]) -> Heartbeat[Event]:
    heartbeat = Heartbeat(StillProgress(PLAN), told.append, now=time, monotonic=time)
    heartbeat.on_event(STARTED)
    return heartbeat


def test_nothing_is_told_before_it_was_quiet_for_long(
    heartbeat: Heartbeat[Event], time: Time, told: list[str]
) -> None:
    time.now = 20
    assert heartbeat.beat() == QUIET_SECONDS - 20
    assert told == []


def test_after_a_quiet_while_what_is_under_way_is_told_and_then_again(
    heartbeat: Heartbeat[Event], time: Time, told: list[str]
) -> None:
    for now in (QUIET_SECONDS, 2 * QUIET_SECONDS):
        time.now = now
        assert heartbeat.beat() == QUIET_SECONDS
    assert len(told) == 2
    assert "still updating, 1 min 00 s" in told[0]
    assert "still updating, 2 min 00 s" in told[1]


def test_every_line_that_is_told_begins_the_while_anew(
    heartbeat: Heartbeat[Event], time: Time, told: list[str]
) -> None:
    time.now = 50
    heartbeat.on_event(Notice(message="busy"))
    time.now = 100
    assert heartbeat.beat() == QUIET_SECONDS - 50
    assert told == []


def test_while_a_person_is_asked_nothing_is_told(
    heartbeat: Heartbeat[Event], time: Time, told: list[str]
) -> None:
    time.now = QUIET_SECONDS
    with heartbeat.paused():
        assert heartbeat.beat() == QUIET_SECONDS
    assert told == []
    time.now = 2 * QUIET_SECONDS
    heartbeat.beat()
    assert len(told) == 1


def test_it_tells_from_a_thread_of_its_own_and_ends_with_the_run() -> None:
    written: list[str] = []

    class Impatient(Time):
        def __call__(self) -> float:
            self.now += QUIET_SECONDS
            return self.now

    heartbeat = Heartbeat(
        StillProgress(PLAN), written.append, now=lambda: 60.0, monotonic=Impatient()
    )
    heartbeat.on_event(STARTED)
    with heartbeat:
        pass
    assert written
    assert all("web" in line for line in written)


def test_a_log_that_nobody_reads_any_more_ends_it_quietly(
    time: Time, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(_: str) -> None:
        raise BrokenPipeError

    heartbeat = Heartbeat(StillProgress(PLAN), broken, now=time, monotonic=time)
    heartbeat.on_event(STARTED)
    time.now = QUIET_SECONDS
    with heartbeat:
        pass
    assert capfd.readouterr() == ("", "")
