"""What the host knows about itself: the instance metadata service, version 2 only.

Source: EC2 user guide, "Use the Instance Metadata Service".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cdinfra.cloudinit.agent.signing import Credentials
from cdinfra.cloudinit.agent.system import Failure

if TYPE_CHECKING:
    from cdinfra.cloudinit.agent.system import Answer, System

METADATA = "http://169.254.169.254/latest/"
ROLE = "iam/security-credentials/"
METADATA_TRIES = 8
TAGS = ("cdinfra:release", "cdinfra:generation", "cdinfra:elastic-ip", "cdinfra:data-volume")


class Metadata:
    """The metadata service, asked with a session token."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.token = ""

    def get(self, path: str) -> str | None:
        """Return a value, None where there is none."""
        for attempt in range(METADATA_TRIES):
            try:
                answer = self._ask(path)
            except OSError as error:
                self.system.say(f"instance metadata: {error}")
            else:
                if answer.status == 200:
                    return answer.body.decode("utf-8", "replace")
                if answer.status == 404:
                    return None
                self.token = ""
            self.system.sleep(min(0.5 * 2**attempt, 8))
        raise Failure("the instance metadata service does not answer")

    def need(self, path: str) -> str:
        """Return a value that every instance has."""
        value = self.get(path)
        if value is None:
            raise Failure(f"the instance metadata has no {path}")
        return value

    def tags(self) -> dict[str, str]:
        """Return those of the instance's tags that matter here.

        Anybody who may tag an instance names its tags: no other name is asked for.
        """
        names = self.get("tags/instance")
        if names is None:
            raise Failure("InstanceMetadataTags is not enabled")
        here = names.splitlines()
        return {name: self.get(f"tags/instance/{name}") or "" for name in TAGS if name in here}

    def instance_id(self) -> str:
        """Return the id of this instance."""
        return self.need("instance-id")

    def region(self) -> str:
        """Return the region that this instance is in."""
        return self.need("placement/region")

    def credentials(self) -> Credentials:
        """Return the instance role's credentials; they appear some seconds after the instance."""
        for _ in range(METADATA_TRIES):
            role = self.get(ROLE)
            found = json.loads(self.get(ROLE + role) or "{}") if role else {}
            if "Token" in found:
                return Credentials(found["AccessKeyId"], found["SecretAccessKey"], found["Token"])
            self.system.sleep(2)
        raise Failure(f"the instance has no credentials: {found.get('Code', 'no role')}")

    def _ask(self, path: str) -> Answer:
        if not self.token:
            self.token = self._new_token()
        headers = {"X-aws-ec2-metadata-token": self.token}
        return self.system.http("GET", f"{METADATA}meta-data/{path}", headers=headers, timeout=5)

    def _new_token(self) -> str:
        ttl = {"X-aws-ec2-metadata-token-ttl-seconds": "3600"}
        answer = self.system.http("PUT", f"{METADATA}api/token", headers=ttl, timeout=5)
        if answer.status != 200:
            raise OSError(f"no session token: HTTP {answer.status}")
        return answer.body.decode("ascii", "replace")
