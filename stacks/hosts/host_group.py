"""What every group of hosts has, one host or many."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from awacs.aws import Statement
from troposphere import Equals, GetAtt, Not, Ref, autoscaling, ec2, iam, logs

from cdinfra.cloudinit import (
    Container,
    ContainerSettings,
    DataVolume,
    HostConfig,
    Part,
    Sidecar,
    Signal,
    UserData,
    host_user_data,
)
from cdinfra.errors import Problem
from cdinfra.model import BuildContext, OutputReference, Retained, Value
from cdinfra.model.release import RELEASE_MAX_LENGTH, RELEASE_PARAMETER, RELEASE_PATTERN
from cdinfra.stacks.builder import TemplateBuilder
from cdinfra.stacks.hosts.alarms import Alarms, build_alarms, build_topic
from cdinfra.stacks.hosts.auto_scaling_group import (
    GROUP,
    RELEASED,
    Group,
    build_auto_scaling_group,
)
from cdinfra.stacks.hosts.capacity import Capacity, RollingUpdate, Spot
from cdinfra.stacks.hosts.host_checks import group_problems
from cdinfra.stacks.hosts.image import Image, image_id
from cdinfra.stacks.hosts.instance import Instance, Placement
from cdinfra.stacks.hosts.instance_role import build_role, role_statements
from cdinfra.stacks.hosts.launch_template import Launch, build_launch_template
from cdinfra.stacks.hosts.load_balancer import LoadBalancer
from cdinfra.stacks.hosts.load_balancing import add_load_balancer
from cdinfra.stacks.hosts.security_groups import build_host_security_group
from cdinfra.stacks.hosts.sources import SECURITY_GROUP_TYPE
from cdinfra.stacks.hosts.tags import group_tags, static_tags
from cdinfra.stacks.network import NetworkReferences
from cdinfra.stacks.registry import Repository
from cdinfra.stacks.stack import Stack
from cdinfra.stacks.validation import raise_problems


@dataclass(kw_only=True, eq=False)
class HostGroup(Stack):
    """Hosts that run one image: the common part of the classes that users take.

    Each ``build_*`` method makes one resource, or resources of one kind; a subclass
    changes a resource by taking what ``super()`` returns. They refer to each other by
    logical id, which is the word after ``build_`` unless the method says otherwise.
    """

    name: str = field(kw_only=False)
    network: NetworkReferences
    repositories: tuple[Repository, ...] = ()
    container: Container = field(default_factory=Container)
    sidecars: tuple[Sidecar, ...] = ()
    instance: Instance = field(default_factory=Instance)
    image: Image = field(default_factory=Image)
    load_balancer: LoadBalancer | None = None
    open_to: tuple[Value, ...] = ()
    alarms: Alarms | None = None
    log_retention_days: int = 30
    deploy_group: str | None = None
    managed_policy_arns: tuple[Value, ...] = ()
    packages: tuple[str, ...] = ()
    user_data_parts: tuple[Part, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__init__(self.name)
        raise_problems(self.problems(f"stacks/{self.name}"))

    def problems(self, path: str) -> Iterator[Problem]:
        """Return what is wrong with the settings."""
        return group_problems(self, path)

    @property
    def security_group_id(self) -> OutputReference:
        """The hosts' security group, for other stacks to let in."""
        return self.output("SecurityGroupId", SECURITY_GROUP_TYPE)

    @property
    def role_arn(self) -> OutputReference:
        """ARN of the hosts' role."""
        return self.output("RoleArn")

    @property
    def group_name(self) -> OutputReference:
        """Name of the Auto Scaling group."""
        return self.output("GroupName")

    @property
    def containers(self) -> tuple[ContainerSettings, ...]:
        """The containers of a host: the release's, and those beside it."""
        return (self.container, *self.sidecars)

    @property
    def public(self) -> bool:
        """Whether the hosts stand in the public subnets, with a public address each."""
        match self.instance.placement:
            case Placement.AUTOMATIC:
                network = self.network
                return not (network.private_zones and network.private_subnets_reach_out)
            case placement:
                return placement is Placement.PUBLIC

    def deploy_group_in(self, context: BuildContext) -> str:
        """Return the deploy group's name: by default the stack's, which an account has once."""
        return self.deploy_group or context.stack_name(self.name)

    def log_group_in(self, context: BuildContext) -> str:
        """Return the name of the log group."""
        return f"/cdinfra/{context.app}/{context.env}/{self.name}"

    def secrets_path_in(self, context: BuildContext) -> str:
        """Return the path under which the hosts may read secrets."""
        return f"/{context.app}/{context.env}/{self.name}/"

    def add_resources(self, builder: TemplateBuilder) -> None:
        """Add everything."""
        self._add_release(builder)
        vpc_id = builder.value(self.network.vpc_id)
        builder.add(self.build_log_group(builder))
        builder.add(self.build_role(builder))
        builder.add(self.build_instance_profile())
        builder.add(self.build_security_group(builder, vpc_id))
        builder.add(self.build_launch_template(builder))
        if self.load_balancer is not None:
            add_load_balancer(builder, self, self.load_balancer)
        builder.add(self.build_auto_scaling_group(builder))
        if self.alarms is not None:
            self._add_alarms(builder, self.alarms)
        self._add_outputs(builder)

    def build_log_group(self, builder: TemplateBuilder) -> logs.LogGroup:
        """Build the log group of the container and of the hosts' failures."""
        return logs.LogGroup(
            "LogGroup",
            LogGroupName=self.log_group_in(builder.context),
            RetentionInDays=self.log_retention_days,
            DeletionPolicy="Delete",
            UpdateReplacePolicy="Retain",
        )

    def build_role_statements(self, builder: TemplateBuilder) -> list[Statement]:
        """Build what the hosts may do; a subclass may allow more."""
        return role_statements(
            self.secrets_path_in(builder.context),
            [builder.value(repository.arn) for repository in self.repositories],
        )

    def build_role(self, builder: TemplateBuilder) -> iam.Role:
        """Build the hosts' role."""
        managed = [builder.value(arn) for arn in self.managed_policy_arns]
        return build_role(self.build_role_statements(builder), managed)

    def build_instance_profile(self) -> iam.InstanceProfile:
        """Build what hands the role to the hosts."""
        return iam.InstanceProfile("InstanceProfile", Roles=[Ref("Role")])

    def build_security_group(
        self,
        builder: TemplateBuilder,
        vpc_id: str | Ref,
    ) -> ec2.SecurityGroup:
        """Build the hosts' security group."""
        return build_host_security_group(builder, vpc_id, self.containers, self.open_to)

    def build_user_data(self, builder: TemplateBuilder) -> UserData:
        """Build the user data, from :meth:`host_config`."""
        return host_user_data(self.host_config(builder.context))

    def host_config(self, context: BuildContext) -> HostConfig:
        """Return what the user data says."""
        return HostConfig(
            app=context.app,
            env=context.env,
            stack=self.name,
            deploy_group=self.deploy_group_in(context),
            operating_system=self.image.operating_system,
            container=self.container,
            signal=Signal(logical_id=GROUP) if self.capacity_of_group().first else None,
            log_group=self.log_group_in(context),
            secrets_path=self.secrets_path_in(context),
            data_volume=self.data_volume(),
            extra_parts=self.user_data_parts,
            packages=self.packages,
            sidecars=self.sidecars,
        )

    def build_launch_template(self, builder: TemplateBuilder) -> ec2.LaunchTemplate:
        """Build the launch template."""
        kms_key = self.instance.kms_key
        launch = Launch(
            image_id=image_id(builder, self.image),
            instance_type=self.instance.type_for(self.image.architecture),
            root_device=self.image.root_device,
            user_data=self.build_user_data(builder).base64(),
            public=self.public,
            kms_key=None if kms_key is None else builder.value(kms_key),
            attachments=self.attachment_tags(),
        )
        return build_launch_template(launch, self.instance, self.static_tags(builder))

    def build_auto_scaling_group(self, builder: TemplateBuilder) -> autoscaling.AutoScalingGroup:
        """Build the Auto Scaling group."""
        resource = build_auto_scaling_group(
            Group(
                subnets=self.subnets(builder),
                tags=group_tags(self.host_tags(builder)),
                capacity=self.capacity_of_group(),
                update=self.update_of_group(),
                spot=self.spot_of_group(),
                balanced=self.load_balancer is not None,
                grace_seconds=60 * self.update_of_group().timeout_minutes,
            )
        )
        if self.load_balancer is not None:
            # Only a target group with a listener counts health.
            resource.DependsOn = "HttpListener"
        return resource

    def subnets(self, builder: TemplateBuilder) -> str | Ref | list[str | Ref]:
        """Return the subnets that the hosts stand in."""
        network = self.network
        return builder.value(
            network.public_subnet_ids if self.public else network.private_subnet_ids
        )

    def static_tags(self, builder: TemplateBuilder) -> dict[str, str]:
        """Return the tags of hosts and volumes that do not change with a release."""
        return static_tags(builder, self.deploy_group_in(builder.context), self.tags)

    def host_tags(self, builder: TemplateBuilder) -> dict[str, Any]:
        """Return the group's tags apart from the release and the stack's name."""
        return dict(self.static_tags(builder))

    def attachment_tags(self) -> dict[str, Any]:
        """Return the tags by which a host knows what to take over; none here."""
        return {}

    def capacity_of_group(self) -> Capacity:
        """Return how many hosts there are."""
        return Capacity()

    def update_of_group(self) -> RollingUpdate:
        """Return how hosts are replaced."""
        return RollingUpdate()

    def spot_of_group(self) -> Spot | None:
        """Return the mix of instance types and markets, if any."""
        return None

    def data_volume(self) -> DataVolume | None:
        """Return the volume that outlives a host, if any."""
        return None

    def _add_release(self, builder: TemplateBuilder) -> None:
        release = builder.parameter(
            RELEASE_PARAMETER,
            source=Retained(initial=""),
            default="",
            description="Image that the hosts run, by digest; empty before the first deploy",
        )
        parameter = builder.template.parameters[RELEASE_PARAMETER]
        parameter.AllowedPattern = RELEASE_PATTERN
        parameter.ConstraintDescription = "must be an image by digest, repository@sha256:…"
        parameter.MaxLength = RELEASE_MAX_LENGTH
        if self.load_balancer is not None:
            builder.template.add_condition(RELEASED, Not(Equals(release, "")))

    def _add_alarms(self, builder: TemplateBuilder, settings: Alarms) -> None:
        if settings.topic_arn is None:
            topic = Ref(builder.add(build_topic(settings)))
            builder.output("AlarmTopicArn", topic, "Topic that the alarms tell")
        else:
            topic = builder.value(settings.topic_arn)
        for alarm in build_alarms(settings, topic, balanced=self.load_balancer is not None):
            builder.add(alarm)

    def _add_outputs(self, builder: TemplateBuilder) -> None:
        group = self.deploy_group_in(builder.context)
        builder.output("DeployGroup", group, "Deploy group: the tag that the hosts share")
        builder.output("GroupName", Ref(GROUP), "Name of the Auto Scaling group")
        builder.output("LogGroupName", Ref("LogGroup"), "Log group of the container")
        builder.output("RoleArn", GetAtt("Role", "Arn"), "ARN of the hosts' role")
        builder.output(
            "SecurityGroupId", GetAtt("SecurityGroup", "GroupId"), "The hosts' security group"
        )
