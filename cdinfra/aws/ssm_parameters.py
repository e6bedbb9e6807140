"""Reads SSM parameters that templates and ``infra.py`` name, such as the id of an image."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from cdinfra.aws.connection import Clients
from cdinfra.aws.failures import calling

BATCH_SIZE = 10
"""Names in one GetParameters call. Source: SSM API reference, GetParameters, Names."""

SECURE_TYPE = "SecureString"
"""Type of a parameter that is a secret. Source: as above, Parameter, Type."""


class SsmParameterApi(Protocol):
    """SSM parameters; see :class:`SsmParameters`."""

    def get_parameters(self, names: Sequence[str]) -> Mapping[str, str]:
        """Return the values of parameters; one that does not exist or is secret is left out."""

    def secret_names(self, names: Sequence[str]) -> frozenset[str]:
        """Return those of the names that are of a ``SecureString``."""

    def read_secret(self, name: str) -> str | None:
        """Return a parameter's value in clear; None where there is no such parameter."""


class SsmParameters:
    """Reads SSM parameters. A secret is asked for in clear only by name, one at a time."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def get_parameters(self, names: Sequence[str]) -> Mapping[str, str]:
        """Return the values of parameters; one that does not exist or is secret is left out.

        Raises:
            CloudError: SSM cannot be asked.
        """
        return {
            each["Name"]: each["Value"] for each in self._read(names) if each["Type"] != SECURE_TYPE
        }

    def secret_names(self, names: Sequence[str]) -> frozenset[str]:
        """Return those of the names that are of a ``SecureString``.

        Raises:
            CloudError: SSM cannot be asked.
        """
        found = self._read(names)
        return frozenset(each["Name"] for each in found if each["Type"] == SECURE_TYPE)

    def read_secret(self, name: str) -> str | None:
        """Return a parameter's value in clear, for the deployer's own use; gives up soon.

        Returns:
            The value; None where there is no such parameter.

        Raises:
            CloudError: SSM cannot be asked.
        """
        with calling(self._clients, "ssm", f"read {name}", hurried=True) as client:
            found = client.get_parameters(Names=[name], WithDecryption=True)["Parameters"]
        return str(found[0]["Value"]) if found else None

    def _read(self, names: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        with calling(self._clients, "ssm", "read SSM parameters") as client:
            for start in range(0, len(names), BATCH_SIZE):
                asked = list(names[start : start + BATCH_SIZE])
                yield from client.get_parameters(Names=asked)["Parameters"]
