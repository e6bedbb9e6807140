"""What is remembered of a rollout: its journal, while it runs, and its entry in the history."""

from dataclasses import dataclass, field
from datetime import datetime

from cdinfra.rollout.events import Phase, RolloutOutcome
from cdinfra.rollout.plan import Purpose
from cdinfra.rollout.strategy import Strategy
from cdinfra.rollout.timeline import HostTimes


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who does a rollout.

    Attributes:
        who: ``user@host``, or what the pipeline says.
        run_url: Address of the pipeline's run; empty where there is none.
        commit: The commit that the release was built from; empty where nobody knows.
    """

    who: str
    run_url: str = ""
    commit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What a rollout means to do, and how far it is: the hosts themselves say what is done.

    Attributes:
        generation: The lock's number.
        purpose: What it is for.
        author: Who does it.
        image: The release that the hosts are to run, by digest.
        from_release: What they go back to; empty where there is nothing to go back to.
        strategy: How it is gone about.
        batches: Instance ids of each batch, in order.
        began_at: When it began.
        phase: The step that it is in.
        batch: Number of the batch that it is in, from 1; 0 before.
        has_changed: Whether a host may have changed.
        tags_begun: Whether tags may say the new release: from then on every host runs it.
        is_going_back: Whether hosts are brought back.
        outcome: How it ended; None while it has not.
        reason: Why it did not end well; else empty.
    """

    generation: int
    purpose: Purpose
    author: Author
    image: str
    from_release: str
    strategy: Strategy = field(default_factory=Strategy)
    batches: tuple[tuple[str, ...], ...] = ()
    began_at: datetime
    phase: Phase = Phase.LOCK
    batch: int = 0
    has_changed: bool = False
    tags_begun: bool = False
    is_going_back: bool = False
    outcome: RolloutOutcome | None = None
    reason: str = ""

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to do: neither to resume nor to abort."""
        open_ends = (None, RolloutOutcome.INTERRUPTED, RolloutOutcome.UNFINISHED)
        return self.outcome not in (*open_ends, RolloutOutcome.ROLLBACK_INCOMPLETE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What a rollout did, as the history keeps it.

    Attributes:
        generation: The lock's number.
        purpose: What it was for.
        author: Who did it.
        image: The release that the hosts were to run, by digest.
        from_release: What they ran before.
        release: What they run now; empty where it is not one release.
        outcome: How it ended.
        began_at: When it began.
        seconds: How long it took.
        hosts: How many hosts took part.
        failed: Instance ids of those on which it failed.
        reason: Why it did not end well; else empty.
        times: When each host was in which state, of 200 hosts at most; none in entries of
            before, and where its deployer did not come to the end.
    """

    generation: int
    purpose: Purpose
    author: Author
    image: str
    from_release: str
    release: str
    outcome: RolloutOutcome
    began_at: datetime
    seconds: float
    hosts: int = 0
    failed: tuple[str, ...] = ()
    reason: str = ""
    times: tuple[HostTimes, ...] = ()
