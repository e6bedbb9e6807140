"""Reads SSM parameters that templates name, such as the id of the latest machine image."""

from collections.abc import Mapping, Sequence

from cdinfra.aws.connection import Clients
from cdinfra.aws.failures import calling

BATCH_SIZE = 10
"""Names in one GetParameters call. Source: SSM API reference, GetParameters, Names."""


class SsmParameters:
    """Reads SSM parameters."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def get_parameters(self, names: Sequence[str]) -> Mapping[str, str]:
        """Return the values of parameters; one that does not exist is left out.

        Raises:
            CloudError: SSM cannot be asked.
        """
        values: dict[str, str] = {}
        with calling(self._clients, "ssm", "read SSM parameters") as client:
            for start in range(0, len(names), BATCH_SIZE):
                answer = client.get_parameters(Names=list(names[start : start + BATCH_SIZE]))
                values |= {each["Name"]: each["Value"] for each in answer["Parameters"]}
        return values
