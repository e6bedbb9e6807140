"""What a host may do: pull its images, be reached by SSM, log, read its secrets, signal.

AWS's managed policy AmazonSSMManagedInstanceCore is not used: it lets a host read every
parameter of the account. The statements here are what Session Manager and Run Command
need of it.
"""

from typing import Any

from awacs import cloudformation, ec2messages, kms, secretsmanager, ssm, ssmmessages
from awacs import logs as logs_actions
from awacs.aws import (
    Allow,
    Condition,
    PolicyDocument,
    Principal,
    Statement,
    StringEquals,
    StringLike,
)
from awacs.sts import AssumeRole
from troposphere import GetAtt, Ref, Sub, iam

from cdinfra.stacks.arns import regional_arn
from cdinfra.stacks.registry.policies import login_statement, pull_statement

SSM_CHANNEL_ACTIONS = (
    ec2messages.AcknowledgeMessage,
    ec2messages.DeleteMessage,
    ec2messages.FailMessage,
    ec2messages.GetEndpoint,
    ec2messages.GetMessages,
    ec2messages.SendReply,
    ssmmessages.CreateControlChannel,
    ssmmessages.CreateDataChannel,
    ssmmessages.OpenControlChannel,
    ssmmessages.OpenDataChannel,
)
"""The channels by which SSM reaches its agent; IAM knows no resource for them.

Source: Service Authorization Reference, Amazon Message Delivery Service and Session
Manager Message Gateway Service.
"""


def role_statements(secrets_path: str, repository_arns: list[Any]) -> list[Statement]:
    """Return everything that a host may do.

    Args:
        secrets_path: Path of its secrets, with a slash at both ends.
        repository_arns: The repositories that it pulls from.
    """
    images = [login_statement(), pull_statement(repository_arns)] if repository_arns else []
    return [
        *images,
        *ssm_statements(),
        log_statement(),
        *secret_statements(secrets_path),
        signal_statement(),
    ]


def ssm_statements() -> list[Statement]:
    """Allow being reached by Session Manager and Run Command."""
    register = Statement(
        Sid="RegisterWithSsm",
        Effect=Allow,
        Action=[ssm.ListInstanceAssociations, ssm.UpdateInstanceInformation],
        Resource=[regional_arn("ec2", "instance/*")],
    )
    channel = Statement(
        Sid="HearFromSsm", Effect=Allow, Action=[*SSM_CHANNEL_ACTIONS], Resource=["*"]
    )
    return [register, channel]


def log_statement() -> Statement:
    """Allow writing to the stack's own log group."""
    return Statement(
        Sid="WriteOwnLogs",
        Effect=Allow,
        Action=[logs_actions.CreateLogStream, logs_actions.PutLogEvents],
        Resource=[GetAtt("LogGroup", "Arn")],
    )


def secret_statements(secrets_path: str) -> list[Statement]:
    """Allow reading the secrets under one path, and decrypting them, but nothing else.

    The name of a secret is part of what it was encrypted with, so that the right to
    decrypt ends where the path ends.

    Source: KMS developer guide, "How Parameter Store uses AWS KMS" and "How Secrets
    Manager uses AWS KMS", encryption contexts PARAMETER_ARN and SecretARN.
    """
    parameters = regional_arn("ssm", f"parameter{secrets_path}*")
    secrets = regional_arn("secretsmanager", f"secret:{secrets_path}*")
    read_parameters = Statement(
        Sid="ReadOwnParameters",
        Effect=Allow,
        Action=[ssm.GetParameter, ssm.GetParameters, ssm.GetParametersByPath],
        Resource=[parameters],
    )
    read_secrets = Statement(
        Sid="ReadOwnSecrets",
        Effect=Allow,
        Action=[secretsmanager.GetSecretValue],
        Resource=[secrets],
    )
    return [
        read_parameters,
        read_secrets,
        _decrypt("DecryptOwnParameters", "ssm", "PARAMETER_ARN", parameters),
        _decrypt("DecryptOwnSecrets", "secretsmanager", "SecretARN", secrets),
    ]


def signal_statement() -> Statement:
    """Allow telling the stack how the first boot went."""
    return Statement(
        Sid="SignalOwnStack",
        Effect=Allow,
        Action=[cloudformation.SignalResource],
        Resource=[Ref("AWS::StackId")],
    )


def build_role(statements: list[Statement], managed_policy_arns: list[Any]) -> iam.Role:
    """Build the role of the hosts."""
    trust = Statement(
        Effect=Allow,
        Principal=Principal("Service", ["ec2.amazonaws.com"]),
        Action=[AssumeRole],
    )
    role = iam.Role(
        "Role",
        AssumeRolePolicyDocument=PolicyDocument(Version="2012-10-17", Statement=[trust]),
        Policies=[
            iam.Policy(
                PolicyName="host",
                PolicyDocument=PolicyDocument(Version="2012-10-17", Statement=statements),
            )
        ],
    )
    if managed_policy_arns:
        role.ManagedPolicyArns = managed_policy_arns
    return role


def _decrypt(sid: str, service: str, context_key: str, resource: Sub) -> Statement:
    return Statement(
        Sid=sid,
        Effect=Allow,
        Action=[kms.Decrypt],
        Resource=[regional_arn("kms", "key/*")],
        Condition=Condition(
            [
                StringEquals("kms:ViaService", Sub(f"{service}.${{AWS::Region}}.amazonaws.com")),
                StringLike(f"kms:EncryptionContext:{context_key}", resource),
            ]
        ),
    )
