"""What kind of machine a host is, and where it stands."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from cdinfra.errors import Problem
from cdinfra.model import Value
from cdinfra.stacks.hosts.image import Architecture
from cdinfra.stacks.validation import arn_problems, integer_problems, type_problems

INSTANCE_TYPE_PATTERN = re.compile(r"[a-z]+[a-z0-9-]*\.[a-z0-9-]+")
"""Source: EC2 user guide, "Instance type naming conventions"."""

DEFAULT_TYPES = {Architecture.AMD64: "t3.small", Architecture.ARM64: "t4g.small"}

GRAVITON_PATTERN = re.compile(r"a1|[a-z-]+\d+[a-z]*?g[a-z-]*")
"""Families with AWS's own processors: a ``g`` behind the generation.

Source: EC2 user guide, "Instance type naming conventions".
"""


class Placement(StrEnum):
    """In which of the network's subnets hosts stand."""

    AUTOMATIC = "automatic"
    """Private where those reach the internet, public otherwise."""

    PRIVATE = "private"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """The machine.

    Example:
        >>> Instance(type="m7g.large", root_gibibytes=50).root_gibibytes
        50

    Attributes:
        type: Instance type; by default a small one that fits the image's architecture.
        root_gibibytes: Size of the encrypted gp3 root volume, which also holds images.
        detailed_monitoring: Whether metrics come every minute, which costs a little.
        kms_key: ARN of a KMS key for the volumes; by default the account's EBS key. The key's
            policy must let the role ``AWSServiceRoleForAutoScaling`` use it and create grants,
            or no host starts (EC2 Auto Scaling user guide, "Required AWS KMS key policy for
            use with encrypted volumes").
        placement: In which subnets.
    """

    type: str | None = None
    root_gibibytes: int = 20
    detailed_monitoring: bool = False
    kms_key: Value | None = None
    placement: Placement = Placement.AUTOMATIC

    def problems(self, path: str) -> Iterator[Problem]:
        """Return what is wrong with the settings.

        Source of the size: EBS user guide, "General Purpose SSD volumes": 1 to 16,384 GiB,
        and no image of ours fits less than 8.
        """
        if self.type is not None:
            yield from instance_type_problems(f"{path}/type", self.type)
        yield from integer_problems(f"{path}/root_gibibytes", self.root_gibibytes, 8, 16384)
        yield from type_problems(f"{path}/detailed_monitoring", self.detailed_monitoring, bool)
        yield from type_problems(f"{path}/placement", self.placement, Placement)
        if self.kms_key is not None:
            yield from arn_problems(f"{path}/kms_key", self.kms_key, "kms")

    def type_for(self, architecture: Architecture) -> str:
        """Return the instance type."""
        return self.type or DEFAULT_TYPES[architecture]


def instance_type_problems(path: str, value: object) -> Iterator[Problem]:
    """Check the form of an instance type; which ones there are is up to the region."""
    if not isinstance(value, str) or not INSTANCE_TYPE_PATTERN.fullmatch(value):
        hint = "for example t3.small"
        yield Problem(path=path, message=f"{value!r} is no instance type", hint=hint)


def architecture_problems(
    path: str, instance_type: str, architecture: Architecture
) -> Iterator[Problem]:
    """Check that an instance type can start an image."""
    family = instance_type.partition(".")[0]
    arm = GRAVITON_PATTERN.fullmatch(family) is not None
    fitting = Architecture.ARM64 if arm else Architecture.AMD64
    if fitting is not architecture:
        hint = f"an image for {fitting}, or a type such as {DEFAULT_TYPES[architecture]}"
        message = f"{instance_type} cannot start an image for {architecture}"
        yield Problem(path=path, message=message, hint=hint)
