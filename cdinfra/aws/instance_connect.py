"""Lets a public key into a host for a minute: EC2 Instance Connect."""

from cdinfra.aws.connection import Clients
from cdinfra.aws.failures import calling

KEY_SECONDS = 60
"""How long a key lets in. Source: EC2 user guide, "Connect using EC2 Instance Connect"."""


class InstanceConnect:
    """EC2 Instance Connect in one account and region."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def send_key(self, instance_id: str, user: str, public_key: str) -> None:
        """Let a key into a host.

        Args:
            instance_id: The host.
            user: Whom the key lets in as.
            public_key: The key, as OpenSSH writes it.

        Raises:
            CloudError: It is not taken.
        """
        doing = f"let a key into {instance_id}"
        with calling(self._clients, "ec2-instance-connect", doing, hurried=True) as client:
            client.send_ssh_public_key(
                InstanceId=instance_id, InstanceOSUser=user, SSHPublicKey=public_key
            )
