"""What the commands of one account and region work with, made when it is first needed."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import BinaryIO, TypeAlias

from cdinfra.local.api_handlers import CallPlace
from cdinfra.local.cloudformation.services import FindClients
from cdinfra.local.hosts.commands.ledger import Ledger
from cdinfra.local.hosts.commands.nodes import ManagedNodes
from cdinfra.local.hosts.host import Host
from cdinfra.local.hosts.instances import instance_of, instances_of

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """What commands of one account and region work with.

    Attributes:
        region: The region.
        account: The account.
        ledger: Where they stand.
        nodes: Where their hosts are.
        upload: Puts an output into a bucket of the account: bucket, key, content.
    """

    region: str
    account: str
    ledger: Ledger
    nodes: ManagedNodes
    upload: Callable[[str, str, BinaryIO], None]


FindLane: TypeAlias = Callable[[CallPlace], Lane]


class Lanes:
    """Finds the lane of a place.

    Args:
        clients: The services of a region and an account.
        host: Returns the host of an instance; None where it was never booted.
        now: Returns the time of day.
    """

    def __init__(
        self,
        *,
        clients: FindClients,
        host: Callable[[str], Host | None],
        now: Callable[[], datetime],
    ) -> None:
        self._clients = clients
        self._host = host
        self._now = now
        self._lock = Lock()
        self._lanes: dict[CallPlace, Lane] = {}

    def __call__(self, place: CallPlace) -> Lane:
        """Return what the commands of a place work with."""
        with self._lock:
            if place not in self._lanes:
                self._lanes[place] = self._make(place)
            return self._lanes[place]

    def _make(self, place: CallPlace) -> Lane:
        return Lane(
            region=place.region,
            account=place.account,
            ledger=Ledger(),
            nodes=ManagedNodes(
                instances=lambda: instances_of(place),
                instance=lambda instance_id: instance_of(place, instance_id),
                host=self._host,
                now=self._now,
            ),
            upload=lambda bucket, key, content: self._upload(place, bucket, key, content),
        )

    def _upload(self, place: CallPlace, bucket: str, key: str, content: BinaryIO) -> None:
        """Put an output into a bucket; what fails is logged, as the agent does."""
        from botocore.exceptions import ClientError  # noqa: PLC0415 - slow to import

        s3 = self._clients(place.region, place.account).client("s3")
        try:
            s3.put_object(Bucket=bucket, Key=key, Body=content, ContentType="text/plain")
        except ClientError as error:
            LOG.warning("output %s is not in the bucket %s: %s", key, bucket, error)
