"""What other stacks may ask of a network, whoever made the VPC."""

from abc import abstractmethod

from cdinfra.model import OutputReference
from cdinfra.stacks.stack import Stack


class NetworkReferences(Stack):
    """A stack whose outputs name a VPC and its subnets."""

    @property
    def vpc_id(self) -> OutputReference:
        """Id of the VPC."""
        return self.output("VpcId", "AWS::EC2::VPC::Id")

    @property
    def public_subnet_ids(self) -> OutputReference:
        """Ids of the subnets with a route to the internet, one a zone."""
        return self.output("PublicSubnetIds", "List<AWS::EC2::Subnet::Id>")

    @property
    def private_subnet_ids(self) -> OutputReference:
        """Ids of the subnets that the internet cannot reach, one a zone."""
        return self.output("PrivateSubnetIds", "List<AWS::EC2::Subnet::Id>")

    @property
    def zone_names(self) -> OutputReference:
        """Names of the availability zones, in the order of the subnets."""
        return self.output("ZoneNames", "List<AWS::EC2::AvailabilityZone::Name>")

    @property
    def vpc_cidr(self) -> OutputReference:
        """The VPC's block of addresses."""
        return self.output("VpcCidr")

    @property
    @abstractmethod
    def public_zones(self) -> int:
        """How many zones have a public subnet."""

    @property
    @abstractmethod
    def private_zones(self) -> int:
        """How many zones have a private subnet."""

    @property
    @abstractmethod
    def private_subnets_reach_out(self) -> bool:
        """Whether hosts in the private subnets can reach the internet."""

    @property
    @abstractmethod
    def knows_addresses(self) -> bool:
        """Whether there is an output with the VPC's block of addresses."""

    @property
    @abstractmethod
    def knows_zones(self) -> bool:
        """Whether there is an output with the names of the zones."""
