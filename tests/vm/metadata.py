"""The metadata service of the machine: the local cloud's own, for the one instance there is.

It answers with what EC2 says at each question, so a changed tag shows at once.
"""

import time
from base64 import b64decode
from contextlib import AbstractContextManager
from typing import Any

from cdinfra.aws.connection import Clients
from cdinfra.local.hosts.facts import InstanceFacts, MetadataOptions
from cdinfra.local.hosts.metadata.credentials import RoleCredentials
from cdinfra.local.hosts.metadata.service import MetadataService
from cdinfra.local.hosts.metadata.tree import Tree, build_tree
from vm.serving import served


def read_facts(clients: Clients, instance_id: str) -> InstanceFacts:
    """Return what EC2 says of an instance.

    Args:
        clients: The services.
        instance_id: Its id.
    """
    ec2 = clients.client("ec2")
    (reservation,) = ec2.describe_instances(InstanceIds=[instance_id])["Reservations"]
    (found,) = reservation["Instances"]
    options = found["MetadataOptions"]
    mine = [{"Name": "instance-id", "Values": [instance_id]}]
    associations = ec2.describe_iam_instance_profile_associations(Filters=mine)
    (association,) = associations["IamInstanceProfileAssociations"]
    profile = association["IamInstanceProfile"]["Arn"]
    roles = clients.client("iam").get_instance_profile(
        InstanceProfileName=profile.rpartition("/")[2]
    )["InstanceProfile"]["Roles"]
    given = ec2.describe_instance_attribute(InstanceId=instance_id, Attribute="userData")
    zone = found["Placement"]["AvailabilityZone"]
    return InstanceFacts(
        instance_id=instance_id,
        region=zone[:-1],
        account=reservation["OwnerId"],
        image_id=found["ImageId"],
        instance_type=found["InstanceType"],
        zone=zone,
        address=found["PrivateIpAddress"],
        vpc_id=found["VpcId"],
        subnet_id=found["SubnetId"],
        security_groups=tuple(group["GroupName"] for group in found["SecurityGroups"]),
        profile_arn=profile,
        role_name=roles[0]["RoleName"],
        user_data=b64decode(given["UserData"]["Value"]),
        tags={tag["Key"]: tag["Value"] for tag in found["Tags"]},
        metadata=MetadataOptions(
            needs_token=options["HttpTokens"] == "required",
            hop_limit=options["HttpPutResponseHopLimit"],
            shows_tags=options["InstanceMetadataTags"] == "enabled",
        ),
    )


def serving(clients: Clients, instance_id: str) -> AbstractContextManager[int]:
    """Answer for one instance, on the port that is given out.

    Args:
        clients: The services.
        instance_id: The instance.
    """
    credentials = RoleCredentials(lambda _region, _account: clients, now=time.time)

    def build(facts: InstanceFacts) -> Tree:
        return build_tree(facts, credentials=credentials.document(facts), active_keys={})

    service: Any = MetadataService(
        find=lambda _address: read_facts(clients, instance_id), build=build, now=time.monotonic
    )
    return served(service)
