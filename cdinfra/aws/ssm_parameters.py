"""Reads SSM parameters that templates and ``infra.py`` name, such as the id of an image."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cdinfra.aws.connection import Clients
from cdinfra.aws.failures import calling

BATCH_SIZE = 10
"""Names in one GetParameters call. Source: SSM API reference, GetParameters, Names."""

SECURE_TYPE = "SecureString"
"""Type of a parameter that is a secret. Source: as above, Parameter, Type."""


class SsmParameters:
    """Reads SSM parameters. A secret is never asked for in clear."""

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

    def _read(self, names: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        with calling(self._clients, "ssm", "read SSM parameters") as client:
            for start in range(0, len(names), BATCH_SIZE):
                asked = list(names[start : start + BATCH_SIZE])
                yield from client.get_parameters(Names=asked)["Parameters"]
