"""The public parameters that name the latest images, and the images that they name.

moto knows Amazon Linux in most regions, and neither Ubuntu nor Debian. Nobody may put a
parameter under ``/aws/``, so they are laid into moto's store, in the local cloud's process.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from cdinfra.aws.connection import Clients

CANONICAL, DEBIAN, AMAZON = "099720109477", "136693071363", "137112412989"
"""Accounts that own the images.
Source: https://documentation.ubuntu.com/aws/ , https://wiki.debian.org/Cloud/AmazonEC2Image/ ,
EC2 user guide, "Amazon Linux 2023 on Amazon EC2"."""

RELEASED = datetime(2025, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicImage:
    """An image and the parameter that names it.

    Attributes:
        parameter: Name of the parameter.
        name: Name of the image.
        owner: 12 digits.
        architecture: ``x86_64`` or ``arm64``.
        root_device: Where the image expects its root volume.
    """

    parameter: str
    name: str
    owner: str
    architecture: str
    root_device: str

    def image_id(self, region: str) -> str:
        """Return the image's id: the same at every start, another one in each region."""
        return f"ami-0{sha256(f'{region}/{self.parameter}'.encode()).hexdigest()[:16]}"


def _ubuntu(release: str, codename: str, architecture: str) -> PublicImage:
    path = f"/aws/service/canonical/ubuntu/server/{release}/stable/current"
    return PublicImage(
        parameter=f"{path}/{architecture}/hvm/ebs-gp3/ami-id",
        name=f"ubuntu/images/hvm-ssd-gp3/ubuntu-{codename}-{release}-{architecture}-server",
        owner=CANONICAL,
        architecture="x86_64" if architecture == "amd64" else architecture,
        root_device="/dev/sda1",
    )


def _debian(release: str, architecture: str) -> PublicImage:
    return PublicImage(
        parameter=f"/aws/service/debian/release/{release}/latest/{architecture}",
        name=f"debian-{release}-{architecture}",
        owner=DEBIAN,
        architecture="x86_64" if architecture == "amd64" else architecture,
        root_device="/dev/xvda",
    )


def _amazon(architecture: str) -> PublicImage:
    name = f"al2023-ami-kernel-default-{architecture}"
    return PublicImage(
        parameter=f"/aws/service/ami-amazon-linux-latest/{name}",
        name=name,
        owner=AMAZON,
        architecture=architecture,
        root_device="/dev/xvda",
    )


PUBLIC_IMAGES = (
    *(_amazon(architecture) for architecture in ("x86_64", "arm64")),
    *(_ubuntu("24.04", "noble", architecture) for architecture in ("amd64", "arm64")),
    *(_debian(release, arch) for release in ("12", "13") for arch in ("amd64", "arm64")),
)


def seed_public_parameters(clients: Clients) -> None:
    """Make the images and their parameters in a region of this process's services.

    What is there already stays as it is.

    Args:
        clients: The services of the region.
    """
    # moto is slow to import, and only the local cloud's process needs it.
    from moto.core import DEFAULT_ACCOUNT_ID  # noqa: PLC0415
    from moto.ec2.models import ec2_backends  # noqa: PLC0415
    from moto.ssm.models import ssm_backends  # noqa: PLC0415

    region = clients.connection.region
    images = ec2_backends[DEFAULT_ACCOUNT_ID][region]
    parameters = ssm_backends[DEFAULT_ACCOUNT_ID][region]._parameters  # noqa: SLF001 - put_parameter refuses /aws/
    for image in PUBLIC_IMAGES:
        if parameters.get(image.parameter):
            continue
        image_id = image.image_id(str(region))
        images.amis[image_id] = _image(images, image, image_id)
        parameters[image.parameter].append(_parameter(image, image_id))


def _image(backend: Any, image: PublicImage, image_id: str) -> Any:  # noqa: ANN401 - moto's own types
    from moto.ec2.models.amis import Ami  # noqa: PLC0415 - see seed_public_parameters

    return Ami(
        backend,
        image_id,
        name=image.name,
        description=f"{image.name}, as the local cloud knows it",
        owner_id=image.owner,
        public=True,
        architecture=image.architecture,
        virtualization_type="hvm",
        hypervisor="xen",
        root_device_type="ebs",
        root_device_name=image.root_device,
        creation_date=RELEASED,
    )


def _parameter(image: PublicImage, image_id: str) -> Any:  # noqa: ANN401 - moto's own type
    from moto.core import DEFAULT_ACCOUNT_ID  # noqa: PLC0415 - see seed_public_parameters
    from moto.ssm.models import Parameter  # noqa: PLC0415 - see seed_public_parameters

    return Parameter(
        account_id=DEFAULT_ACCOUNT_ID,
        name=image.parameter,
        value=image_id,
        parameter_type="String",
        description=None,
        allowed_pattern=None,
        keyid=None,
        last_modified_date=RELEASED,
        version=1,
        data_type="aws:ec2:image",
    )
