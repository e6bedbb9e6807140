"""Flow logs: who talked to whom in a VPC, in a log group of their own."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from awacs.aws import Allow, ArnLike, Condition, PolicyDocument, Principal, Statement, StringEquals
from awacs.logs import (
    CreateLogStream,
    DescribeLogGroups,
    DescribeLogStreams,
    PutLogEvents,
)
from awacs.sts import AssumeRole
from troposphere import GetAtt, Ref, ec2, iam, logs

from cdinfra.errors import Problem
from cdinfra.stacks.arns import regional_arn
from cdinfra.stacks.builder import TemplateBuilder
from cdinfra.stacks.validation import retention_problems, type_problems


class TrafficType(StrEnum):
    """Which connections are logged."""

    ALL = "ALL"
    ACCEPT = "ACCEPT"
    REJECT = "REJECT"


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowLogs:
    """Settings of a VPC's flow logs.

    By default only refused connections are logged: few, and those that somebody looks for.

    Example:
        >>> FlowLogs(traffic=TrafficType.ALL, retention_days=90).retention_days
        90

    Attributes:
        traffic: Which connections.
        retention_days: How long they are kept.
    """

    traffic: TrafficType = TrafficType.REJECT
    retention_days: int = 14

    def problems(self, path: str) -> Iterator[Problem]:
        """Return what is wrong with the settings."""
        yield from type_problems(f"{path}/traffic", self.traffic, TrafficType)
        yield from retention_problems(f"{path}/retention_days", self.retention_days)


def add_flow_logs(builder: TemplateBuilder, vpc_id: str | Ref, settings: FlowLogs) -> None:
    """Add the flow log, its log group, and the role that may write there."""
    log_group = builder.add(
        logs.LogGroup(
            "FlowLogGroup",
            LogGroupName=f"/cdinfra/{builder.context.app}/{builder.context.env}"
            f"/{builder.name}/flow-logs",
            RetentionInDays=settings.retention_days,
            DeletionPolicy="Delete",
            UpdateReplacePolicy="Retain",
        )
    )
    role = builder.add(build_flow_log_role(log_group))
    builder.add(
        ec2.FlowLog(
            "FlowLog",
            DeliverLogsPermissionArn=GetAtt(role, "Arn"),
            LogDestinationType="cloud-watch-logs",
            LogGroupName=Ref(log_group),
            ResourceId=vpc_id,
            ResourceType="VPC",
            TrafficType=str(settings.traffic),
        )
    )


def build_flow_log_role(log_group: logs.LogGroup) -> iam.Role:
    """Build the role by which the VPC service writes to the log group, and to no other.

    It has to look for the log group among all of them. Only this account's own flow logs
    can make the service use the role.

    Source: VPC user guide, "IAM role for publishing flow logs to CloudWatch Logs".
    """
    trust = Statement(
        Effect=Allow,
        Principal=Principal("Service", "vpc-flow-logs.amazonaws.com"),
        Action=[AssumeRole],
        Condition=Condition(
            [
                StringEquals("aws:SourceAccount", Ref("AWS::AccountId")),
                ArnLike("aws:SourceArn", regional_arn("ec2", "vpc-flow-log/*")),
            ]
        ),
    )
    write = Statement(
        Effect=Allow,
        Action=[CreateLogStream, DescribeLogStreams, PutLogEvents],
        Resource=[GetAtt(log_group, "Arn")],
    )
    find = Statement(
        Effect=Allow,
        Action=[DescribeLogGroups],
        Resource=[regional_arn("logs", "log-group:*")],
    )
    return iam.Role(
        "FlowLogRole",
        AssumeRolePolicyDocument=PolicyDocument(Version="2012-10-17", Statement=[trust]),
        Policies=[
            iam.Policy(
                PolicyName="write-flow-logs",
                PolicyDocument=PolicyDocument(Version="2012-10-17", Statement=[write, find]),
            )
        ],
    )
