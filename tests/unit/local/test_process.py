from itertools import count
from pathlib import Path

from cdinfra.aws.connection import Connection
from cdinfra.local.clock import Clock
from cdinfra.local.process import LocalCloud


def clock(waited: list[float]) -> Clock:
    return Clock(now=count(0.0, 1.0).__next__, sleep=waited.append)


def test_waiting_ends_when_the_condition_holds() -> None:
    waited: list[float] = []
    answers = iter([False, False, True])
    assert clock(waited).wait_until(lambda: next(answers), seconds=10)
    assert len(waited) == 2


def test_waiting_ends_when_the_time_is_over() -> None:
    waited: list[float] = []
    assert not clock(waited).wait_until(lambda: False, seconds=5)
    assert len(waited) == 4


def test_a_connection_goes_to_this_cloud_and_no_other() -> None:
    cloud = LocalCloud(
        endpoint_url="http://127.0.0.1:4000",
        pid=1,
        port=4000,
        state_dir=Path("state"),
        log=Path("state/local.log"),
        started="",
        version="",
        code="",
    )
    assert cloud.connection() == Connection(endpoint_url="http://127.0.0.1:4000")
    assert cloud.connection("us-east-1").region == "us-east-1"
