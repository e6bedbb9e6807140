"""What the services say of an instance, as a host needs it."""

from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

BARE_TAG = "cdinfra-local-image"
"""Tag of an instance; the value ``bare`` boots it from an image without Docker."""

STACK_TAG, RESOURCE_TAG = "aws:cloudformation:stack-name", "aws:cloudformation:logical-id"


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataOptions:
    """How an instance's metadata service answers.

    Attributes:
        is_enabled: Whether it answers at all.
        needs_token: Whether a request needs a session token.
        hop_limit: How many hops an answer may make; containers are one more than the host.
        shows_tags: Whether it shows the instance's tags.
    """

    is_enabled: bool = True
    needs_token: bool = False
    hop_limit: int = 1
    shows_tags: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceFacts:
    """One instance.

    Attributes:
        instance_id: Its id.
        region: Its region.
        account: Its account, 12 digits.
        state: What the API says: ``running``, ``stopped``, ``terminated`` and others.
        image_id: Its image.
        instance_type: Its type.
        architecture: ``x86_64`` or ``arm64``.
        zone: Its availability zone.
        address: Its private IPv4 address.
        vpc_id: Its network; empty where it has none.
        subnet_id: Its subnet; empty where it has none.
        security_groups: Names of its security groups.
        key_name: Name of its key pair; empty where it has none.
        public_key: That key, as OpenSSH writes it.
        profile_arn: ARN of its instance profile; empty where it has none.
        role_name: Role of that profile; empty where it has none.
        user_data: Its user data, as it was given before base64.
        tags: Its tags.
        metadata: How its metadata service answers.
    """

    instance_id: str
    region: str
    account: str
    state: str = "running"
    image_id: str = ""
    instance_type: str = ""
    architecture: str = "x86_64"
    zone: str = ""
    address: str = ""
    vpc_id: str = ""
    subnet_id: str = ""
    security_groups: tuple[str, ...] = ()
    key_name: str = ""
    public_key: str = ""
    profile_arn: str = ""
    role_name: str = ""
    user_data: bytes = b""
    tags: Mapping[str, str] = field(default_factory=dict)
    metadata: MetadataOptions = field(default_factory=MetadataOptions)

    @property
    def is_bare(self) -> bool:
        """Whether it boots from an image without Docker."""
        return self.tags.get(BARE_TAG) == "bare"


def instance_states() -> Iterator[tuple[str, str, str, Any]]:
    """Yield account, region, state and moto's instance, for each one that the services know.

    A launch at the same moment may be missed, and is seen the next time.
    """
    from moto.ec2.models import ec2_backends  # noqa: PLC0415 - slow to import

    for account, regions in list(ec2_backends.items()):
        for region, backend in list(regions.items()):
            for reservation in list(backend.reservations.values()):
                for instance in list(reservation.instances):
                    yield account, region, instance.state, instance


def read_facts(instance: Any) -> InstanceFacts:  # noqa: ANN401 - moto's own type
    """Read what moto knows of an instance.

    Args:
        instance: moto's instance.
    """
    backend = instance.ec2_backend
    profile, role = _profile(backend, instance.id)
    key = backend.key_pairs.get(instance.key_name) if instance.key_name else None
    return InstanceFacts(
        instance_id=instance.id,
        region=backend.region_name,
        account=backend.account_id,
        state=instance.state,
        image_id=instance.image_id or "",
        instance_type=instance.instance_type,
        architecture=instance.architecture or "x86_64",
        zone=instance.placement.zone,
        address=instance.private_ip or "",
        vpc_id=instance.vpc_id or "",
        subnet_id=instance.subnet_id or "",
        security_groups=tuple(group.name for group in instance.security_groups or ()),
        key_name=instance.key_name or "",
        public_key=key.public_key if key is not None else "",
        profile_arn=profile,
        role_name=role,
        user_data=_user_data(instance.user_data),
        tags={tag["key"]: tag["value"] for tag in instance.get_tags()},
        metadata=_metadata_options(instance.metadata_options),
    )


def _profile(backend: Any, instance_id: str) -> tuple[str, str]:  # noqa: ANN401 - moto's own type
    association = backend.iam_instance_profile_associations.get(instance_id)
    profile = association.iam_instance_profile if association is not None else None
    if profile is None:
        return "", ""
    roles = list(profile.roles)
    return profile.arn, roles[0].name if roles else ""


def _user_data(given: Any) -> bytes:  # noqa: ANN401 - moto's own string type
    if not given:
        return b""
    return b64decode(str(given))


def _metadata_options(given: Any) -> MetadataOptions:  # noqa: ANN401 - moto's own type
    return MetadataOptions(
        is_enabled=given.http_endpoint != "disabled",
        needs_token=given.http_tokens == "required",
        hop_limit=int(given.http_put_response_hop_limit or 1),
        shows_tags=given.instance_metadata_tags == "enabled",
    )
