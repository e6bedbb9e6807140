"""Addresses of published templates: of the object, and of the console that opens with it."""

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from cdinfra.deploy.inputs import is_hidden
from cdinfra.model import Literal, StackTemplate

_PARTITIONS = {
    "cn-": ("console.amazonaws.cn", "amazonaws.com.cn"),
    "us-gov-": ("console.amazonaws-us-gov.com", "amazonaws.com"),
}
"""Hosts of the console and of services where they are not those of the aws partition.

Source: AWS General Reference, "Amazon S3 endpoints and quotas"; botocore/data/endpoints.json.
"""


def object_url(bucket: str, key: str, region: str) -> str:
    """Return the address that CloudFormation reads an object from."""
    _, suffix = _hosts(region)
    return f"https://{bucket}.s3.{region}.{suffix}/{quote(key)}"


def quick_create_url(template: StackTemplate, template_url: str, region: str) -> str:
    """Return the address of the console's page that creates a stack from a template.

    Values that are known before anything is deployed are filled in; what comes from another
    stack has to be filled in by hand, and what is hidden never stands in an address.
    Source: CloudFormation user guide, "Create quick-create links for stacks".

    Args:
        template: The template.
        template_url: Where it is.
        region: AWS region of the stack.
    """
    known = _known_values(template)
    values = {"templateURL": template_url, "stackName": template.stack_name}
    values |= {f"param_{name}": value for name, value in known.items()}
    console, _ = _hosts(region)
    page = f"https://{region}.{console}/cloudformation/home?region={region}"
    return f"{page}#/stacks/create/review?{urlencode(values, quote_via=quote)}"


def _known_values(template: StackTemplate) -> Mapping[str, str]:
    return {
        name: source.value
        for name, source in template.parameters.items()
        if isinstance(source, Literal) and not is_hidden(template.document, name)
    }


def _hosts(region: str) -> tuple[str, str]:
    special = (hosts for start, hosts in _PARTITIONS.items() if region.startswith(start))
    return next(special, ("console.aws.amazon.com", "amazonaws.com"))
