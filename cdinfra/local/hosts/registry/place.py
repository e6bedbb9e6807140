"""One registry: whose it is and where it answers."""

from dataclasses import dataclass

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """The registry of an account and a region.

    Attributes:
        account: 12 digits.
        region: AWS region.
        port: Its port on this machine's loopback, and on every host's.
    """

    account: str
    region: str
    port: int

    @property
    def host(self) -> str:
        """What stands before a repository's name in an image's."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def service(self) -> str:
        """Its name in tokens: the host that it would have in AWS."""
        return f"{self.account}.dkr.ecr.{self.region}.amazonaws.com"
