# mypy: disable-error-code="no-any-return"
import base64
from typing import Any

Cloud = Any
"""The driver in conftest.py, which a test cannot import."""

DATA: dict[str, Any] = {
    "ImageId": "ami-12c6146b",
    "InstanceType": "t3.micro",
    "IamInstanceProfile": {"Arn": "arn:aws:iam::123456789012:instance-profile/hosts"},
    "SecurityGroupIds": ["sg-12345678"],
    "UserData": base64.b64encode(b"#cloud-config\n").decode(),
    "MetadataOptions": {
        "HttpTokens": "required",
        "HttpPutResponseHopLimit": 1,
        "InstanceMetadataTags": "enabled",
        "HttpEndpoint": "enabled",
    },
    "Monitoring": {"Enabled": True},
    "BlockDeviceMappings": [
        {
            "DeviceName": "/dev/xvda",
            "Ebs": {
                "Encrypted": True,
                "VolumeType": "gp3",
                "VolumeSize": 20,
                "DeleteOnTermination": True,
            },
        }
    ],
    "TagSpecifications": [
        {"ResourceType": "volume", "Tags": [{"Key": "Name", "Value": "shop"}]},
    ],
}
TAGS = [{"ResourceType": "launch-template", "Tags": [{"Key": "Name", "Value": "web"}]}]


def test_a_launch_template_keeps_every_field_and_makes_a_version_of_each_change(
    cloud: Cloud,
) -> None:
    properties: dict[str, Any] = {
        "LaunchTemplateName": "web",
        "LaunchTemplateData": DATA,
        "VersionDescription": "first",
        "TagSpecifications": TAGS,
    }
    made = cloud.create("AWS::EC2::LaunchTemplate", properties)
    assert cloud.read(made) == properties
    assert made.attributes["LatestVersionNumber"] == "1"
    changed = {**properties, "LaunchTemplateData": {**DATA, "InstanceType": "t3.small"}}
    made = cloud.change(made, changed)
    assert cloud.read(made) == changed
    assert made.attributes["LatestVersionNumber"] == "2"
    assert made.attributes["DefaultVersionNumber"] == "1"


def test_a_changed_tag_makes_no_version(cloud: Cloud) -> None:
    properties = {"LaunchTemplateData": DATA, "TagSpecifications": TAGS}
    made = cloud.create("AWS::EC2::LaunchTemplate", properties)
    made = cloud.change(made, {"LaunchTemplateData": DATA})
    assert made.attributes["LatestVersionNumber"] == "1"
    assert "TagSpecifications" not in cloud.read(made)


def test_words_that_a_template_gives_for_numbers_fit(cloud: Cloud) -> None:
    data = {"Monitoring": {"Enabled": "true"}, "MetadataOptions": {"HttpPutResponseHopLimit": "1"}}
    made = cloud.create("AWS::EC2::LaunchTemplate", {"LaunchTemplateData": data})
    assert cloud.read(made)["LaunchTemplateData"]["Monitoring"] == {"Enabled": True}
