"""A cloud in memory: the double that the tests use, and that anybody's tests may use.

It has the signatures of the real services and needs no network, no clock and no
thread: an operation goes one step further each time its events are asked for, and time
passes only when somebody sleeps. Failures are scripted::

    aws = FakeAws()
    aws.stacks.fail("shop-dev-web", "Group", "Received 1 FAILURE signal(s)")
    aws.stacks.script("describe_events", ThrottledError("slow down"))
"""

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cdinfra.aws.account import Account
from cdinfra.aws.fake_hosts import (
    FakeCommands,
    FakeHostLogs,
    FakeHosts,
    FakeInstanceConnect,
    FakeScalingGroups,
    FakeTargetGroups,
)
from cdinfra.aws.fake_images import FakeImages
from cdinfra.aws.fake_stacks import FakeStacks
from cdinfra.aws.fake_storage import FakeStorage
from cdinfra.aws.fake_tagged_resources import FakeTaggedResources
from cdinfra.model import Place

if TYPE_CHECKING:
    from cdinfra.errors import CdinfraError


class FakeClock:
    """Time that passes only when somebody sleeps.

    Attributes:
        slept: Every sleep, in seconds.
        during_sleep: Called in each sleep; a test may press Ctrl-C there.
    """

    def __init__(self) -> None:
        self._now = datetime(2026, 1, 31, 9, 0, tzinfo=UTC)
        self.slept: list[float] = []
        self.during_sleep: Callable[[], None] = lambda: None

    def now(self) -> datetime:
        """Return the time."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Let time pass, at once."""
        self.slept.append(seconds)
        self._now += timedelta(seconds=seconds)
        self.during_sleep()


class FakeAccounts:
    """An account in memory; see :class:`cdinfra.aws.account.Accounts`."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def describe_account(self) -> Account:
        """Return the account."""
        return self._account


class FakeSsmParameters:
    """SSM parameters in memory; see :class:`cdinfra.aws.ssm_parameters.SsmParameters`.

    Attributes:
        values: The parameters.
        secret: Names of those that are a ``SecureString``.
    """

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.secret: set[str] = set()

    def get_parameters(self, names: Sequence[str]) -> Mapping[str, str]:
        """Return the values of parameters; one that does not exist or is secret is left out."""
        plain = self.values.keys() - self.secret
        return {name: self.values[name] for name in names if name in plain}

    def secret_names(self, names: Sequence[str]) -> frozenset[str]:
        """Return those of the names that are of a ``SecureString``."""
        return frozenset(self.secret.intersection(names))

    def read_secret(self, name: str) -> str | None:
        """Return a parameter's value, a secret's too; None where there is no such parameter."""
        return self.values.get(name)


class FakeTopics:
    """SNS in memory; see :class:`cdinfra.aws.topics.Topics`.

    Attributes:
        published: Every message: topic, subject and body.
        failures: Raised by the next calls, one each.
    """

    def __init__(self) -> None:
        self.published: list[tuple[str, str, str]] = []
        self.failures: list[CdinfraError] = []

    def publish(self, arn: str, subject: str, body: str) -> None:
        """Keep a message."""
        if self.failures:
            raise self.failures.pop(0)
        self.published.append((arn, subject, body))


class FakeAws:
    """One account and region in memory; satisfies :class:`cdinfra.aws.cloud.Aws`.

    Args:
        account_id: Twelve digits.
        region: For example ``eu-central-1``.
        clock: Its time.
        others: The same cloud's other places; this one is put there.

    Attributes:
        clock: Its time; give ``Clock(now=aws.clock.now, sleep=aws.clock.sleep)`` to the deployer.
        calls_per_second: How often it may be asked.
        renewals: How often the session was forgotten.
    """

    def __init__(
        self,
        *,
        account_id: str = "123456789012",
        region: str = "eu-central-1",
        clock: FakeClock | None = None,
        others: MutableMapping[Account, "FakeAws"] | None = None,
    ) -> None:
        account = Account(account_id=account_id, region=region)
        self._others = {} if others is None else others
        self._others[account] = self
        self.clock = clock or FakeClock()
        self.calls_per_second = 5.0
        self.renewals = 0
        self.accounts = FakeAccounts(account)
        self.storage = FakeStorage(region, now=self.clock.now)
        self.ssm_parameters = FakeSsmParameters()
        self.topics = FakeTopics()
        self.hosts = FakeHosts()
        self.commands = FakeCommands(self.clock.now)
        self.target_groups = FakeTargetGroups()
        self.scaling_groups = FakeScalingGroups()
        self.images = FakeImages()
        self.host_logs = FakeHostLogs()
        self.instance_connect = FakeInstanceConnect()
        self.tagged_resources = FakeTaggedResources()
        self.stacks = FakeStacks(
            now=self.clock.now,
            arn_prefix=f"arn:aws:cloudformation:{region}:{account_id}",
            stored=self.storage.objects,
            ssm_values=self.ssm_parameters.values,
        )

    def renew(self) -> None:
        """Forget the session."""
        self.renewals += 1

    def environment(self, own: Mapping[str, str]) -> dict[str, str]:
        """Return the environment with which another program would reach this cloud."""
        return {**own, "AWS_REGION": self.accounts.describe_account().region}

    def at(self, place: Place) -> "FakeAws":
        """Return the fake of another place, always the same one."""
        account = self.accounts.describe_account().at(place)
        if account not in self._others:
            FakeAws(
                account_id=account.account_id,
                region=account.region,
                clock=self.clock,
                others=self._others,
            )
        return self._others[account]

    def each_place(self) -> tuple["FakeAws", ...]:
        """Return this one, which is a single place."""
        return (self,)

    def of_stack(self, stack_id: str) -> "FakeAws":
        """Return this one, which is a single place."""
        del stack_id
        return self
