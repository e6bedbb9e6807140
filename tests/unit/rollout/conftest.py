"""Hosts as the tests of rollouts need them."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from cdinfra.aws.fake import FakeAws
from cdinfra.aws.hosts import Host
from cdinfra.deploy.clock import Clock


def make_host(instance_id: str, **changes: object) -> Host:
    values: dict[str, object] = {
        "instance_id": instance_id,
        "state": "running",
        "instance_type": "t3.micro",
        "private_address": "10.0.0.7",
        "public_address": "",
        "zone": "eu-central-1a",
        "deploy_group": "web",
        "release": "",
        "stack_name": "shop-dev-web",
        "launched_at": datetime(2026, 1, 31, tzinfo=UTC),
    }
    return Host(**(values | changes))  # type: ignore[arg-type]


@pytest.fixture
def host() -> Callable[..., Host]:
    """Make a host: ``host("i-1", state="stopped")``."""
    return make_host


@pytest.fixture
def aws() -> FakeAws:
    return FakeAws()


@pytest.fixture
def clock(aws: FakeAws) -> Clock:
    return Clock(now=aws.clock.now, sleep=aws.clock.sleep)
