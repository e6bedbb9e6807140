"""Which account and region the calls go to."""

from dataclasses import dataclass

from cdinfra.aws.connection import Clients
from cdinfra.aws.failures import calling


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where stacks live.

    Attributes:
        account_id: Twelve digits.
        region: For example ``eu-central-1``.
    """

    account_id: str
    region: str


class Accounts:
    """Asks STS who the caller is."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def describe_account(self) -> Account:
        """Return the account and region of the connection.

        Raises:
            CloudError: STS cannot be asked.
        """
        with calling(self._clients, "sts", "find out the account") as client:
            identity = client.get_caller_identity()
            return Account(account_id=identity["Account"], region=client.meta.region_name)
