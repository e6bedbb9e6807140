"""Values that a template takes from elsewhere: parameters of SSM, secrets, zones, exports."""

import json
from typing import Any

from cdinfra.aws.connection import Clients
from cdinfra.local.cloudformation.state import Stack
from cdinfra.local.cloudformation.store import RegionState
from cdinfra.local.resources.contract import ResourceError


class Lookups:
    """Reads what a template refers to in other services.

    Args:
        clients: The services of the stack's region.
    """

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def read_ssm(self, name: str) -> str | None:
        """Return the value of a parameter of SSM, or None where there is none.

        Args:
            name: Its name; ``name:version`` names a version.
        """
        return self._parameter(name, decrypt=False)

    def resolve(self, service: str, key: str) -> str:
        """Return the value of a dynamic reference.

        Args:
            service: ``ssm``, ``ssm-secure`` or ``secretsmanager``.
            key: What stands behind the service.

        Raises:
            ResourceError: There is no such value.
        """
        match service:
            case "ssm" | "ssm-secure":
                value = self._parameter(key, decrypt=service == "ssm-secure")
                if value is None:
                    name = key.partition(":")[0]
                    raise ResourceError(
                        f"Parameters: [{service}:{key}] cannot be found: "
                        f"there is no parameter {name} in SSM"
                    )
                return value
            case "secretsmanager":
                return self._secret(key)
            case _:
                raise ResourceError(f"Dynamic references to {service} are not supported")

    def zones(self) -> tuple[str, ...]:
        """Return the names of the region's availability zones."""
        answer = self._clients.client("ec2").describe_availability_zones()
        return tuple(sorted(zone["ZoneName"] for zone in answer["AvailabilityZones"]))

    def _parameter(self, name: str, *, decrypt: bool) -> str | None:
        client = self._clients.client("ssm")
        try:
            answer = client.get_parameter(Name=name, WithDecryption=decrypt)
        except client.exceptions.ParameterNotFound:
            return None
        except client.exceptions.ClientError as error:
            raise ResourceError(str(error)) from error
        return str(answer["Parameter"]["Value"])

    def _secret(self, key: str) -> str:
        secret_id, json_key, wanted = _split_secret(key)
        client = self._clients.client("secretsmanager")
        try:
            text = client.get_secret_value(SecretId=secret_id, **wanted)["SecretString"]
        except client.exceptions.ResourceNotFoundException as error:
            raise ResourceError("Secrets Manager can't find the specified secret.") from error
        except client.exceptions.ClientError as error:
            raise ResourceError(str(error)) from error
        if not json_key:
            return str(text)
        try:
            return str(json.loads(text)[json_key])
        except (ValueError, KeyError, TypeError) as error:
            raise ResourceError(
                f"Could not find a value associated with JSONKey in SecretString: {json_key}"
            ) from error


def _split_secret(key: str) -> tuple[str, str, dict[str, Any]]:
    """Return the secret's id, the JSON key and the version to ask for.

    The key is ``secret-id:SecretString:json-key:version-stage:version-id``.
    Source: AWS CloudFormation User Guide, "Get a secret or secret value from Secrets Manager".
    """
    head, marker, tail = key.partition(":SecretString")
    if not marker:
        head, tail = key, ""
    json_key, stage, version = [*tail.removeprefix(":").split(":"), "", "", ""][:3]
    wanted = {"VersionStage": stage, "VersionId": version}
    return head, json_key, {name: value for name, value in wanted.items() if value}


def exports_of(state: RegionState) -> dict[str, tuple[Stack, str]]:
    """Return each export's stack and value, by name.

    Args:
        state: The region.
    """
    with state.lock:
        return {
            output.export_name: (stack, output.value)
            for stack in state.living()
            for output in stack.outputs
            if output.export_name
        }


def importers_of(state: RegionState, name: str) -> tuple[Stack, ...]:
    """Return the stacks that import an export.

    Args:
        state: The region.
        name: The export's name.
    """
    with state.lock:
        return tuple(stack for stack in state.living() if name in stack.imports)
