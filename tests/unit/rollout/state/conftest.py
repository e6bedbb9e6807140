"""A bucket in memory, and deployers that share it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING

import pytest

from cdinfra.aws.fake import FakeClock
from cdinfra.aws.fake_storage import FakeStorage
from cdinfra.deploy.clock import Clock
from cdinfra.rollout.events import RolloutOutcome
from cdinfra.rollout.group import DeployGroup
from cdinfra.rollout.plan import Purpose
from cdinfra.rollout.record import Account, Author, Record
from cdinfra.rollout.state.history import History
from cdinfra.rollout.state.journal import Journals
from cdinfra.rollout.state.lock import DeployLock
from cdinfra.rollout.state.lock_record import Holder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GROUP = DeployGroup(
    app="shop",
    env="dev",
    stack="web",
    stack_name="shop-dev-web",
    name="shop-dev-web",
    bucket="bucket",
)
BEGAN = datetime(2026, 1, 31, 9, tzinfo=UTC)


def release(word: str) -> str:
    """An image by digest."""
    return f"registry/web@sha256:{word.encode().hex():0<64}"


@dataclass
class World:
    """One bucket, one true time, and deployers whose clocks may be wrong."""

    group: DeployGroup = GROUP
    clock: FakeClock = field(default_factory=FakeClock)
    tokens: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self.storage = FakeStorage("eu-central-1", now=self.clock.now)
        self.journals = Journals(self.storage, GROUP)
        self.history = History(self.storage, GROUP)

    def lock(self, owner: str, *, ahead_seconds: float = 0) -> DeployLock:
        """The lock as one deployer sees it, whose clock may be ahead or behind."""

        def now() -> datetime:
            return self.clock.now() + timedelta(seconds=ahead_seconds)

        return DeployLock(
            self.storage,
            GROUP,
            Holder(owner=owner, run_url="https://ci/7"),
            clock=Clock(now=now, sleep=self.clock.sleep),
            new_token=lambda: f"token-{next(self.tokens)}",
        )

    def release(self, word: str) -> str:
        return release(word)

    def put(self, key: str, body: str) -> None:
        """Store an object as somebody else would."""
        self.storage.objects["bucket", key] = body

    def get(self, key: str) -> str:
        return self.storage.objects["bucket", key]


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def record() -> Callable[..., Record]:
    """A journal's record, as after the lock was taken."""

    def make(generation: int, outcome: RolloutOutcome | None = None) -> Record:
        return Record(
            generation=generation,
            purpose=Purpose.DEPLOY,
            author=Author(who="me@laptop"),
            image=release("new"),
            from_release=release("old"),
            batches=(("i-1",), ("i-2", "i-3")),
            began_at=BEGAN,
            outcome=outcome,
        )

    return make


@pytest.fixture
def account() -> Callable[..., Account]:
    """What a rollout did: ``account("b", "a")`` brought b, where a was."""

    def make(
        image: str,
        before: str = "",
        *,
        purpose: Purpose = Purpose.DEPLOY,
        outcome: RolloutOutcome = RolloutOutcome.DEPLOYED,
        generation: int = 1,
    ) -> Account:
        old = release(before) if before else ""
        runs = release(image) if outcome is RolloutOutcome.DEPLOYED else old
        return Account(
            generation=generation,
            purpose=purpose,
            author=Author(who="me@laptop"),
            image=release(image),
            from_release=old,
            release=runs,
            outcome=outcome,
            began_at=BEGAN,
            seconds=61.5,
            hosts=3,
        )

    return make
