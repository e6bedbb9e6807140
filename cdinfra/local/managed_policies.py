"""AWS's own managed policies in an account, so that roles can take them on.

moto can load them itself, but then does so once for each of its partitions, which holds
up the first call for most of a second; here they are loaded for the one in use.
"""

import json


def load_managed_policies(account: str) -> None:
    """Put AWS's managed policies into an account of the partition ``aws``.

    Args:
        account: 12 digits.
    """
    from moto.iam.aws_managed_policies import (  # noqa: PLC0415 - slow to import
        aws_managed_policies_data,
    )
    from moto.iam.models import AWSManagedPolicy, iam_backends  # noqa: PLC0415 - slow to import

    backend = iam_backends[account]["aws"]
    for name, document in json.loads(aws_managed_policies_data).items():
        policy = AWSManagedPolicy.from_data(name, account, backend.region_name, document)
        backend.managed_policies.setdefault(policy.arn, policy)
