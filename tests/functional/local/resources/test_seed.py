import pytest

from cdinfra.aws.connection import Clients, Connection
from cdinfra.local.resources.seed import PUBLIC_IMAGES, seed_public_parameters

EXPECTED = (
    "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64",
    "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64",
    "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id",
    "/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id",
    "/aws/service/debian/release/12/latest/amd64",
    "/aws/service/debian/release/12/latest/arm64",
)


@pytest.mark.parametrize("region", ["eu-central-1", "us-east-1", "cn-north-1"])
def test_every_public_parameter_names_an_image_of_its_architecture(
    moto_server: str, region: str
) -> None:
    clients = Clients(Connection(endpoint_url=moto_server, region=region))
    seed_public_parameters(clients)
    seed_public_parameters(clients)
    for name in EXPECTED:
        found = clients.client("ssm").get_parameter(Name=name)["Parameter"]
        assert found["Version"] >= 1
        images = clients.client("ec2").describe_images(ImageIds=[found["Value"]])["Images"]
        arm = "arm64" in name
        assert [image["Architecture"] for image in images] == ["arm64" if arm else "x86_64"]
        assert images[0]["RootDeviceName"] == ("/dev/sda1" if "ubuntu" in name else "/dev/xvda")


def test_an_image_has_the_same_id_at_every_start_and_another_in_each_region() -> None:
    ids = {
        image.image_id(region)
        for image in PUBLIC_IMAGES
        for region in ("eu-central-1", "us-east-1")
    }
    assert len(ids) == 2 * len(PUBLIC_IMAGES)
    first = PUBLIC_IMAGES[0]
    assert first.image_id("eu-central-1") == first.image_id("eu-central-1")
