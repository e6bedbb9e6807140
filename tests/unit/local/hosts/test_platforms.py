import pytest

from cdinfra.local.hosts.platforms import OTHER_PLATFORM, Platform, platform_of
from cdinfra.local.resources.seed import PUBLIC_IMAGES

REGION = "eu-west-1"


@pytest.mark.parametrize(
    ("parameter", "expected"),
    [
        ("al2023-ami", Platform(name="Amazon Linux", version="2023", user="ec2-user")),
        ("server/24.04", Platform(name="Ubuntu", version="24.04", user="ubuntu")),
        (
            "debian/release/12",
            Platform(name="Debian GNU/Linux", version="12", user="admin", has_agent=False),
        ),
        (
            "debian/release/13",
            Platform(name="Debian GNU/Linux", version="13", user="admin", has_agent=False),
        ),
    ],
)
def test_a_public_image_stands_for_its_system(parameter: str, expected: Platform) -> None:
    found = [each for each in PUBLIC_IMAGES if parameter in each.parameter]
    assert len(found) == 2
    for image in found:
        assert platform_of(image.image_id(REGION), REGION) == expected


def test_an_image_of_ones_own_has_an_agent() -> None:
    assert platform_of("ami-0123456789abcdef0", REGION) == OTHER_PLATFORM
    assert OTHER_PLATFORM.has_agent
