"""Which operating system an image stands for: its user, and whether it has an SSM agent.

Source: EC2 user guide, "Manage system users on your EC2 Linux instance"; Systems Manager user
guide, "Find AMIs with the SSM Agent preinstalled".
"""

from dataclasses import dataclass

from cdinfra.local.resources.seed import AMAZON, CANONICAL, DEBIAN, PUBLIC_IMAGES, PublicImage


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """An operating system.

    Attributes:
        name: For example ``Amazon Linux``.
        version: For example ``2023``.
        user: Whom the image lets in by key.
        has_agent: Whether the image comes with an agent.
    """

    name: str
    version: str
    user: str
    has_agent: bool = True


OTHER_PLATFORM = Platform(name="Debian GNU/Linux", version="12", user="admin")
"""What an image of somebody's own is: what every local host really runs, with an agent."""

_BY_OWNER = {
    AMAZON: ("Amazon Linux", "ec2-user", True),
    CANONICAL: ("Ubuntu", "ubuntu", True),
    DEBIAN: ("Debian GNU/Linux", "admin", False),
}


def platform_of(image_id: str, region: str) -> Platform:
    """Return what an image holds.

    Args:
        image_id: The image.
        region: Its region.
    """
    found = next((each for each in PUBLIC_IMAGES if each.image_id(region) == image_id), None)
    return OTHER_PLATFORM if found is None else _platform(found)


def _platform(image: PublicImage) -> Platform:
    name, user, has_agent = _BY_OWNER[image.owner]
    numbers = (part.removeprefix("al") for part in image.name.split("-"))
    version = next((each for each in numbers if each.replace(".", "").isdecimal()), "")
    return Platform(name=name, version=version, user=user, has_agent=has_agent)
