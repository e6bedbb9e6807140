"""EC2 Instance Connect: a key that lets in for a minute, told to the host by its metadata.

Source: EC2 Instance Connect API reference, ``SendSSHPublicKey``; the package
``ec2-instance-connect`` of AWS, README, "Key Processing", for the form of the keys. AWS signs
them; the local cloud does not, and its hosts ask for no signature.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from uuid import uuid4

from cdinfra.local.api_handlers import ApiError, CallName, CallPlace, Handler
from cdinfra.local.hosts.checked import check_call
from cdinfra.local.hosts.host import Host, HostState
from cdinfra.local.hosts.metadata.tree import Tree

SERVICE = "ec2-instance-connect"
KEY_SECONDS = 60
"""How long a key lets in.

Source: EC2 Instance Connect API reference, ``SendSSHPublicKey``.
"""

PUBLIC_KEY = re.compile(r"ssh-(rsa|ed25519) [A-Za-z0-9+/]+={0,3}( [^\r\n]*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class _SentKey:
    user: str
    text: str
    ends: float


class InstanceConnect:
    """Takes keys, and tells them for as long as they let in.

    Args:
        host: Returns the host of an instance; None where it was never booted.
        instance_state: Returns what EC2 says of an instance in a place; empty for none.
        now: The time, in seconds since 1970.
    """

    def __init__(
        self,
        *,
        host: Callable[[str], Host | None],
        instance_state: Callable[[CallPlace, str], str],
        now: Callable[[], float],
    ) -> None:
        self._host = host
        self._instance_state = instance_state
        self._now = now
        self._lock = Lock()
        self._keys: dict[str, tuple[_SentKey, ...]] = {}

    def handlers(self) -> Mapping[CallName, Handler]:
        """Return what answers each call."""
        return {(SERVICE, "SendSSHPublicKey"): self._send}

    def active_keys(self, instance_id: str) -> Tree:
        """Return the keys that let into an instance now, by user.

        Args:
            instance_id: The instance.
        """
        users: dict[str, str] = {}
        with self._lock:
            active = self._active(instance_id)
        for key in active:
            users[key.user] = users.get(key.user, "") + key.text
        return users

    def _send(self, given: Mapping[str, str], place: CallPlace) -> Mapping[str, object]:
        check_call(SERVICE, "SendSSHPublicKey", given)
        public_key = given["SSHPublicKey"].strip()
        if not PUBLIC_KEY.fullmatch(public_key):
            raise ApiError(
                "InvalidArgsException", "SSHPublicKey is no public key of OpenSSH, RSA or ED25519."
            )
        instance_id = given["InstanceId"]
        self._check_instance(instance_id, place)
        request_id = str(uuid4())
        ends = self._now() + KEY_SECONDS
        text = (
            f"#Timestamp={int(ends)}\n#Instance={instance_id}\n"
            f"#Caller=arn:aws:iam::{place.account}:user/local\n#Request={request_id}\n"
            f"{public_key}\n\n"
        )
        sent = _SentKey(user=given["InstanceOSUser"], text=text, ends=ends)
        with self._lock:
            self._keys[instance_id] = (*self._active(instance_id), sent)
        return {"RequestId": request_id, "Success": True}

    def _check_instance(self, instance_id: str, place: CallPlace) -> None:
        state = self._instance_state(place, instance_id)
        if not state:
            raise ApiError(
                "EC2InstanceNotFoundException", f"The instance {instance_id} was not found."
            )
        if state != "running":
            raise ApiError(
                "EC2InstanceStateInvalidException",
                f"The instance {instance_id} is {state}, and not running.",
            )
        host = self._host(instance_id)
        if host is None or host.state is not HostState.RUNNING:
            raise ApiError(
                "EC2InstanceUnavailableException",
                f"The host of {instance_id} does not run: "
                f"{(host.problem if host else '') or 'it is being booted'}.",
            )

    def _active(self, instance_id: str) -> tuple[_SentKey, ...]:
        return tuple(key for key in self._keys.get(instance_id, ()) if key.ends > self._now())
