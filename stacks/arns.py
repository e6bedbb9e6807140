"""ARNs of the stack's own partition, region and account, as functions that CloudFormation fills."""

from troposphere import Sub

ARN_PREFIX = "arn:${AWS::Partition}"


def regional_arn(service: str, resource: str) -> Sub:
    """Return the ARN of a resource in the stack's region and account.

    Args:
        service: IAM's name of the service, for example ``logs``.
        resource: What stands behind the account; may hold ``${…}`` references.
    """
    return Sub(f"{ARN_PREFIX}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{resource}")
