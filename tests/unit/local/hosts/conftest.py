import pytest

from cdinfra.local.hosts.facts import InstanceFacts, MetadataOptions


@pytest.fixture
def facts() -> InstanceFacts:
    return InstanceFacts(
        instance_id="i-0123456789abcdef0",
        region="eu-central-1",
        account="123456789012",
        image_id="ami-1",
        instance_type="t3.small",
        zone="eu-central-1a",
        address="172.18.0.5",
        security_groups=("web", "ssh"),
        key_name="team",
        public_key="ssh-ed25519 AAAA team",
        profile_arn="arn:aws:iam::123456789012:instance-profile/web",
        role_name="web-role",
        user_data=b"#cloud-config\n",
        tags={"DeployGroup": "web", "cdinfra:release": "a/b:c"},
        metadata=MetadataOptions(needs_token=True, shows_tags=True),
    )
