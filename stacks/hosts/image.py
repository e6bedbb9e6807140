"""Which machine image hosts start from."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from troposphere import Ref

from cdinfra.cloudinit import OperatingSystem
from cdinfra.errors import Problem
from cdinfra.model import Value
from cdinfra.stacks.builder import TemplateBuilder
from cdinfra.stacks.validation import type_problems, value_problems

IMAGE_PARAMETER_TYPE = "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>"

AMI_OR_PARAMETER = r"ami-([0-9a-f]{8}|[0-9a-f]{17})|/[A-Za-z0-9_./-]{1,1010}"
"""Source: EC2 user guide, "Resource IDs"; SSM API reference, PutParameter, parameter Name."""


class Architecture(StrEnum):
    """Processor architecture, named as Docker names it."""

    AMD64 = "amd64"
    ARM64 = "arm64"


LATEST_IMAGES = {
    (OperatingSystem.AMAZON_LINUX_2023, Architecture.AMD64): (
        "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
    ),
    (OperatingSystem.AMAZON_LINUX_2023, Architecture.ARM64): (
        "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
    ),
    (OperatingSystem.UBUNTU_24_04, Architecture.AMD64): (
        "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"
    ),
    (OperatingSystem.UBUNTU_24_04, Architecture.ARM64): (
        "/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id"
    ),
    (OperatingSystem.DEBIAN_12, Architecture.AMD64): "/aws/service/debian/release/12/latest/amd64",
    (OperatingSystem.DEBIAN_12, Architecture.ARM64): "/aws/service/debian/release/12/latest/arm64",
}
"""Public SSM parameters that name the latest image.

Source: Systems Manager user guide, "Discovering public parameters"; Ubuntu on AWS,
"Find Ubuntu images"; Debian wiki, "Cloud/AmazonEC2Image".
"""

ROOT_DEVICES = {
    OperatingSystem.AMAZON_LINUX_2023: "/dev/xvda",
    OperatingSystem.UBUNTU_24_04: "/dev/sda1",
    OperatingSystem.DEBIAN_12: "/dev/xvda",
}
"""RootDeviceName of the images; a mapping under another name would add a second disk.

Source: EC2 DescribeImages for the images that LATEST_IMAGES names.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """The machine image.

    By default the latest one of the operating system. A new image then replaces the
    hosts, in a rolling update, at the next update of the stack; ``ami`` pins one.

    Example:
        >>> Image(operating_system=OperatingSystem.DEBIAN_12).parameter
        '/aws/service/debian/release/12/latest/amd64'

    Attributes:
        operating_system: What is on the image; user data depends on it.
        architecture: Processor architecture; must fit the instance type.
        ami: Id of an image, or the name of an SSM parameter that holds one.
    """

    operating_system: OperatingSystem = OperatingSystem.AMAZON_LINUX_2023
    architecture: Architecture = Architecture.AMD64
    ami: Value | None = None

    @property
    def parameter(self) -> str:
        """Name of the SSM parameter with the image's id; empty for an image by id."""
        if self.ami is None:
            return LATEST_IMAGES[self.operating_system, self.architecture]
        return self.ami if isinstance(self.ami, str) and self.ami.startswith("/") else ""

    @property
    def root_device(self) -> str:
        """Name of the image's root device."""
        return ROOT_DEVICES[self.operating_system]

    def problems(self, path: str) -> Iterator[Problem]:
        """Return what is wrong with the settings."""
        yield from type_problems(f"{path}/operating_system", self.operating_system, OperatingSystem)
        yield from type_problems(f"{path}/architecture", self.architecture, Architecture)
        if self.ami is not None:
            yield from value_problems(
                f"{path}/ami", self.ami, AMI_OR_PARAMETER, "ami-0a1b2c3d4e5f67890"
            )


def image_id(builder: TemplateBuilder, image: Image) -> str | Ref:
    """Return what stands for the image's id, adding the parameter that holds it if needed."""
    if not image.parameter:
        return builder.value(image.ami or "")
    return builder.parameter(
        "ImageId",
        parameter_type=IMAGE_PARAMETER_TYPE,
        default=image.parameter,
        description="SSM parameter that names the machine image",
    )
