"""Whatever deployers do, in whatever order, and however S3 and their clocks behave."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from cdinfra.aws.fake import FakeClock
from cdinfra.aws.fake_storage import FakeStorage
from cdinfra.deploy.clock import Clock
from cdinfra.errors import BusyError, CloudError, LockLostError, ThrottledError
from cdinfra.rollout.group import DeployGroup
from cdinfra.rollout.state.lock import DeployLock
from cdinfra.rollout.state.lock_record import Holder

if TYPE_CHECKING:
    from cdinfra.rollout.state.lease import Lease

GROUP = DeployGroup(
    app="shop",
    env="dev",
    stack="web",
    stack_name="shop-dev-web",
    name="shop-dev-web",
    bucket="bucket",
)
KEY = ("bucket", "locks/shop-dev-web.json")
LEASE_SECONDS = 60
DEPLOYERS = st.integers(min_value=0, max_value=2)
DEEDS = st.sampled_from(["take", "take", "renew", "renew", "release", "break"])
TROUBLE = st.sampled_from(["", "", "", "refused", "lost", "lost and unread"])


@dataclass
class Deployer:
    """One process: its lock as it sees it, and the lease that it believes to have."""

    lock: DeployLock
    lease: Lease | None = None


class Deployers(RuleBasedStateMachine):
    """Three deployers with clocks of their own, one lock, and one S3."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = FakeClock()
        self.storage = FakeStorage("eu-central-1", now=self.clock.now)
        self.tokens = count()
        ahead = (0, -7200, 40)
        self.deployers = [
            Deployer(self.lock(f"deployer-{number}", ahead_seconds=seconds))
            for number, seconds in enumerate(ahead)
        ]
        self.taken: list[int] = []
        self.inner = False
        self.written: dict[str, Any] = {"generation": 0, "token": "", "holder": None}
        self.written_at = self.clock.now()
        self.storage.after_write = self.check_write

    @rule(
        who=DEPLOYERS, deed=DEEDS, trouble=TROUBLE, other=DEPLOYERS, meanwhile=DEEDS, at=DEPLOYERS
    )
    def act(self, who: int, deed: str, trouble: str, other: int, meanwhile: str, at: int) -> None:
        """One acts; at one of its calls another one is faster, and S3 may fail it."""
        calls = iter(range(100))

        def interleave(_: str) -> None:
            if next(calls) == at and not self.inner and other != who:
                self.inner = True
                self.do(other, meanwhile)
                self.inner = False

        self.storage.meanwhile = interleave
        self.make(trouble)
        self.do(who, deed)
        self.storage.meanwhile = lambda _: None
        self.storage._refused.clear()  # noqa: SLF001 - trouble that nobody met is over
        self.storage._lost.clear()  # noqa: SLF001 - as above

    @rule(seconds=st.sampled_from([1, 21, 59, 63]))
    def time_passes(self, seconds: int) -> None:
        self.clock.sleep(seconds)

    @rule(who=DEPLOYERS, other=DEPLOYERS)
    def one_is_early(self, who: int, other: int) -> None:
        """One tries shortly before another one's lease is over."""
        self.do(who, "take")
        self.clock.sleep(LEASE_SECONDS - 1)
        self.do(other, "take")

    @rule(who=DEPLOYERS)
    def one_dies(self, who: int) -> None:
        self.deployers[who].lease = None

    @precondition(lambda self: self.taken)
    @rule()
    def no_lock_stays_longer_than_its_lease(self) -> None:
        self.clock.sleep(LEASE_SECONDS + 3)
        fresh = self.lock("fresh")
        lease = fresh.take(purpose="deploy")
        self.note_taken(lease)
        lease.release()

    def lock(self, owner: str, *, ahead_seconds: float = 0) -> DeployLock:
        """The lock as one deployer sees it, whose clock may be ahead or behind."""

        def now() -> datetime:
            return self.clock.now() + timedelta(seconds=ahead_seconds)

        return DeployLock(
            self.storage,
            GROUP,
            Holder(owner=owner),
            clock=Clock(now=now, sleep=self.clock.sleep),
            new_token=lambda: f"token-{next(self.tokens)}",
        )

    def make(self, trouble: str) -> None:
        storage, error = self.storage, ThrottledError("S3 has trouble")
        if trouble == "refused":
            storage.script("replace_object", error)
            storage.script("create_object", error)
        elif trouble:
            storage.lose_answers("replace_object", error)
            storage.lose_answers("create_object", error)
        if trouble == "lost and unread":
            storage.script("read_object", error)

    def do(self, who: int, deed: str) -> None:
        deployer = self.deployers[who]
        try:
            match deed:
                case "take" if deployer.lease is None:
                    deployer.lease = self.take(deployer.lock)
                case "renew" if deployer.lease is not None:
                    self.renew(deployer.lease)
                case "release" if deployer.lease is not None:
                    deployer.lease.release()
                    deployer.lease = None
                case "break":
                    deployer.lock.break_lock()
        except LockLostError:
            deployer.lease = None
        except (BusyError, CloudError):
            pass

    def take(self, lock: DeployLock) -> Lease:
        lease = lock.take(purpose="deploy")
        self.note_taken(lease)
        return lease

    def note_taken(self, lease: Lease) -> None:
        assert lease.generation not in self.taken, "two have taken the same generation"
        self.taken.append(lease.generation)

    def renew(self, lease: Lease) -> None:
        calls = len(self.storage.calls)
        lease.renew()
        new = self.storage.calls[calls:]
        if any(each.startswith("read_object") for each in new) or not new:
            # Nothing was due, or it may have failed in passing.
            return
        holder = json.loads(self.storage.objects[KEY])
        assert holder["generation"] == lease.generation, "renewed what another one has"

    def check_write(self, body: str) -> None:
        """Check what S3 has accepted, against what it had before, by the true time."""
        before, now = self.written, json.loads(body)
        age = (self.clock.now() - self.written_at).total_seconds()
        if now["generation"] == before["generation"]:
            assert now["token"] == before["token"], "one generation has two owners"
            assert before["holder"] is not None, "what was given back was written again"
        else:
            assert now["generation"] == before["generation"] + 1
            is_free = before["holder"] is None or age > LEASE_SECONDS
            assert is_free or now["broken"] is not None, "a lease was not respected"
        self.written, self.written_at = now, self.clock.now()


Deployers.TestCase.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
TestDeployers = Deployers.TestCase
