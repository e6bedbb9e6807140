"""Finds whatever carries an app's tags, of any service, whoever made it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cdinfra.aws.connection import Clients
from cdinfra.aws.failures import calling
from cdinfra.aws.hosts import APP_TAG, ENV_TAG

PAGE_SIZE = 100
"""Resources in one answer. Source: GetResources, parameter ResourcesPerPage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggedResource:
    """A resource with its tags.

    Attributes:
        arn: ARN.
        tags: All its tags.
    """

    arn: str
    tags: Mapping[str, str] = field(default_factory=dict)


class TaggedResources:
    """The Resource Groups Tagging API of one account and region.

    It shows no Auto Scaling group, no IAM role and no IAM user.
    Source: Resource Groups Tagging API reference, "Services that support the Resource Groups
    Tagging API".
    """

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def describe_tagged(self, app: str, env: str) -> tuple[TaggedResource, ...]:
        """Return the resources that carry the tags of an app in one environment, by ARN.

        Raises:
            CloudError: The service cannot be asked.
        """
        filters = [{"Key": APP_TAG, "Values": [app]}, {"Key": ENV_TAG, "Values": [env]}]
        doing = f"find what carries the tags of {app} in {env}"
        with calling(self._clients, "resourcegroupstaggingapi", doing) as client:
            pages = client.get_paginator("get_resources").paginate(
                TagFilters=filters, ResourcesPerPage=PAGE_SIZE
            )
            found = [
                TaggedResource(
                    arn=each["ResourceARN"],
                    tags={tag["Key"]: tag["Value"] for tag in each["Tags"]},
                )
                for page in pages
                for each in page["ResourceTagMappingList"]
            ]
        return tuple(sorted(found, key=lambda each: each.arn))
