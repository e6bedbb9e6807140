"""The tagging API shows what AWS's shows: under the true ARNs, and what moto leaves out.

moto knows flow logs and prefix lists by other ARNs; it shows no launch template, address,
endpoint, repository, listener or rule, shows a bucket in every region, and refuses
CloudFormation's own tags on a bucket, which in AWS has them.
Source: Service Authorization Reference, "Resource types defined by" EC2, ECR, ELB v2.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from moto.core.resource_tagging import TaggedResource
from moto.ec2.models import EC2Backend
from moto.ecr.models import ecr_backends
from moto.elbv2.models import ELBv2Backend
from moto.resourcegroupstaggingapi import models as tagging
from moto.s3.responses import S3Response

Backend = Any
"""moto's backend of one service, account and region."""

TRUE_NAMES = {":flow-logs/": ":vpc-flow-log/", ":managed-prefix-lists/": ":prefix-list/"}

INTERNAL_HEADER = "X-Moto-Account-Id"
"""What the front adds to the calls of the engine itself; see :mod:`cdinfra.local.front`."""

_ec2_resources = EC2Backend.iter_tagged_resources
_elb_resources = ELBv2Backend.iter_tagged_resources
_backends = tagging.iter_taggable_backends
_bucket_tags = S3Response._bucket_tagging_from_body  # noqa: SLF001 - moto has no other place


def install() -> None:
    """Replace moto's lists of tagged resources, and its reading of a bucket's tags."""
    EC2Backend.iter_tagged_resources = ec2_resources
    ELBv2Backend.iter_tagged_resources = elb_resources
    tagging.iter_taggable_backends = backends
    S3Response._bucket_tagging_from_body = bucket_tags  # noqa: SLF001 - as above


def ec2_resources(self: Backend) -> Iterator[TaggedResource]:
    """Yield EC2's resources, under their true ARNs."""
    # A real one is shown for about an hour more; here nobody waits for that.
    gone = {name for name, each in self.nat_gateways.items() if each.state == "deleted"}
    for each in _ec2_resources(self):
        arn = each.arn
        if arn.rpartition("/")[2] in gone:
            continue
        for wrong, right in TRUE_NAMES.items():
            arn = arn.replace(wrong, right)
        yield replace(each, arn=arn)
    more = {
        "elastic-ip": [each.allocation_id for each in self.addresses if each.allocation_id],
        "launch-template": list(self.launch_templates),
        "vpc-endpoint": [
            name for name, each in self.vpc_end_points.items() if each.state != "deleted"
        ],
    }
    for kind, ids in more.items():
        for each_id in ids:
            yield TaggedResource(
                arn=f"arn:{self.partition}:ec2:{self.region_name}:{self.account_id}:{kind}/{each_id}",
                tags=dict(self.tags.get(each_id, {})),
                resource_type=f"ec2:{kind}",
            )


def elb_resources(self: Backend) -> Iterator[TaggedResource]:
    """Yield load balancers and target groups, and their listeners and rules too."""
    yield from _elb_resources(self)
    for balancer in self.load_balancers.values():
        for listener in balancer.listeners.values():
            yield _tagged(self, listener.arn, "listener")
            for rule in listener.rules.values():
                yield _tagged(self, rule.arn, "listener-rule")


def _tagged(backend: Backend, arn: str, kind: str) -> TaggedResource:
    tags = backend.tagging_service.get_tag_dict_for_resource(arn)
    return TaggedResource(arn=arn, tags=tags, resource_type=f"elasticloadbalancing:{kind}")


def backends(account_id: str, region_name: str) -> Iterator[Backend]:
    """Yield every backend that has tagged resources, that of ECR too."""
    for each in _backends(account_id, region_name):
        is_s3 = each.SERVICE_NAMESPACE == "s3"
        yield Buckets(backend=each, region_name=region_name) if is_s3 else each
    yield Repositories(backend=ecr_backends[account_id][region_name])


@dataclass(frozen=True, slots=True, kw_only=True)
class Buckets:
    """The buckets of one region: moto keeps those of all regions together."""

    backend: Backend
    region_name: str

    def iter_tagged_resources(self) -> Iterator[TaggedResource]:
        """Yield the region's buckets."""
        here = {
            each.arn
            for each in self.backend.buckets.values()
            if each.region_name == self.region_name
        }
        return (each for each in self.backend.iter_tagged_resources() if each.arn in here)

    def owns_arn(self, arn: str) -> bool:
        """Whether an ARN is one of a bucket."""
        return bool(self.backend.owns_arn(arn))

    def tag_resource(self, arn: str, tags: dict[str, str]) -> None:
        """Give a bucket tags."""
        self.backend.tag_resource(arn, tags)

    def untag_resource(self, arn: str, keys: list[str]) -> None:
        """Take tags off a bucket."""
        self.backend.untag_resource(arn, keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repositories:
    """ECR's repositories, which moto leaves out."""

    backend: Backend

    def iter_tagged_resources(self) -> Iterator[TaggedResource]:
        """Yield the repositories."""
        for each in self.backend.repositories.values():
            tags = self.backend.tagger.get_tag_dict_for_resource(each.arn)
            yield TaggedResource(arn=each.arn, tags=tags, resource_type="ecr:repository")

    def owns_arn(self, arn: str) -> bool:
        """Whether an ARN is one of a repository; tags are given by ECR's own calls."""
        del arn
        return False


def bucket_tags(self: Any) -> dict[str, str]:  # noqa: ANN401 - moto's response
    """Read a bucket's tags; CloudFormation, and nobody else, may give it tags of AWS's own."""
    if INTERNAL_HEADER in self.headers:
        tags: dict[str, str] = self._tagging_from_xml()
        return tags
    own: dict[str, str] = _bucket_tags(self)
    return own
