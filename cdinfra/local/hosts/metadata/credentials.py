"""The credentials of instances' roles, as their metadata services hand them out."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Lock

from cdinfra.local.cloudformation.services import FindClients
from cdinfra.local.hosts.facts import InstanceFacts

RENEWED_SECONDS = 900.0
"""How long before their end new credentials are made."""

SESSION_SECONDS = 21_600


class RoleCredentials:
    """Assumes the roles of instances.

    Args:
        clients: The services of a region and an account.
        now: The time, in seconds since 1970.
    """

    def __init__(self, clients: FindClients, *, now: Callable[[], float]) -> None:
        self._clients = clients
        self._now = now
        self._lock = Lock()
        self._kept: dict[str, tuple[float, str]] = {}

    def document(self, facts: InstanceFacts) -> str:
        """Return the JSON that an instance finds below its role's name; empty without a role.

        Args:
            facts: The instance.
        """
        if not facts.role_name:
            return ""
        with self._lock:
            ends, document = self._kept.get(facts.instance_id, (0.0, ""))
            if ends - RENEWED_SECONDS <= self._now():
                ends, document = self._assume(facts)
                self._kept[facts.instance_id] = (ends, document)
            return document

    def _assume(self, facts: InstanceFacts) -> tuple[float, str]:
        clients = self._clients(facts.region, facts.account)
        given = clients.client("sts").assume_role(
            RoleArn=f"arn:aws:iam::{facts.account}:role/{facts.role_name}",
            RoleSessionName=facts.instance_id,
            DurationSeconds=SESSION_SECONDS,
        )["Credentials"]
        now = self._now()
        ends = now + SESSION_SECONDS
        document = {
            "Code": "Success",
            "LastUpdated": _timestamp(now),
            "Type": "AWS-HMAC",
            "AccessKeyId": given["AccessKeyId"],
            "SecretAccessKey": given["SecretAccessKey"],
            "Token": given["SessionToken"],
            "Expiration": _timestamp(ends),
        }
        return ends, json.dumps(document)


def _timestamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
