"""Which account and region the calls go to."""

from dataclasses import dataclass
from typing import Self

from cdinfra.aws.connection import Clients
from cdinfra.aws.failures import calling
from cdinfra.model import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where stacks live.

    Attributes:
        account_id: Twelve digits.
        region: For example ``eu-central-1``.
    """

    account_id: str
    region: str

    def at(self, place: Place) -> "Account":
        """Return account and region of a place, as seen from this one."""
        return Account(
            account_id=place.account_id or self.account_id, region=place.region or self.region
        )

    @classmethod
    def of_arn(cls, arn: str) -> Self:
        """Return account and region that an ARN names.

        Source: IAM user guide, "Identify AWS resources with Amazon Resource Names".
        """
        _, _, _, region, account_id, _ = arn.split(":", 5)
        return cls(account_id=account_id, region=region)

    def __str__(self) -> str:
        """Return both in words: ``123456789012 eu-central-1``."""
        return f"{self.account_id} {self.region}"


class Accounts:
    """Asks STS who the caller is; once, since that does not change."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._known: Account | None = None

    def describe_account(self) -> Account:
        """Return the account and region of the connection.

        Raises:
            CloudError: STS cannot be asked.
        """
        if self._known is None:
            with calling(self._clients, "sts", "find out the account") as client:
                account_id = client.get_caller_identity()["Account"]
                self._known = Account(account_id=account_id, region=client.meta.region_name)
        return self._known
