"""``AWS::ECR::Repository``."""

from typing import Any, ClassVar

from cdinfra.local.resources.calls import Client, invoke, truth
from cdinfra.local.resources.contract import Properties, Request
from cdinfra.local.resources.iam_documents import policy_document, policy_text
from cdinfra.local.resources.service import ServiceResource, Target, present
from cdinfra.local.resources.tags import (
    shown_tags,
    stale_tags,
    tag_list,
    tag_mapping,
    wanted_tags,
)

DEFAULT_MUTABILITY = "MUTABLE"


class Repository(ServiceResource):
    """A repository of images."""

    type_name = "AWS::ECR::Repository"
    service: ClassVar[str] = "ecr"
    carried = frozenset(
        {
            "EmptyOnDelete",
            "EncryptionConfiguration",
            "ImageScanningConfiguration",
            "ImageTagMutability",
            "LifecyclePolicy",
            "RepositoryName",
            "RepositoryPolicyText",
            "Tags",
        }
    )

    def make(self, request: Request, client: Client) -> str:
        """Make the repository."""
        name = request.properties.get("RepositoryName")
        name = name or request.generated_name(lower=True)
        encryption = request.properties.get("EncryptionConfiguration")
        parameters = {"repositoryName": name, "encryptionConfiguration": _lowered(encryption)}
        invoke(client.create_repository, parameters)
        return str(name)

    def configure(self, target: Target, previous: Properties) -> None:
        """Set scanning, mutability, policies and tags."""
        client, name, properties = target.client, target.physical_id, target.properties
        client.put_image_tag_mutability(
            repositoryName=name,
            imageTagMutability=properties.get("ImageTagMutability", DEFAULT_MUTABILITY),
        )
        scanning = _lowered(properties.get("ImageScanningConfiguration") or {"ScanOnPush": False})
        invoke(
            client.put_image_scanning_configuration,
            {"repositoryName": name, "imageScanningConfiguration": scanning},
        )
        _set_policies(target, previous)
        self._tag(target)

    def _tag(self, target: Target) -> None:
        arn = self._described(target)["repositoryArn"]
        wanted = wanted_tags(target.request)
        actual = tag_mapping(target.client.list_tags_for_resource(resourceArn=arn)["tags"])
        if stale := stale_tags(wanted, actual):
            target.client.untag_resource(resourceArn=arn, tagKeys=stale)
        if wanted and wanted != actual:
            target.client.tag_resource(resourceArn=arn, tags=tag_list(wanted))

    def attributes(self, target: Target) -> Properties:
        """Return the repository's ARN and address."""
        found = self._described(target)
        return {"Arn": found["repositoryArn"], "RepositoryUri": found["repositoryUri"]}

    def _described(self, target: Target) -> Any:  # noqa: ANN401 - the API's description
        found = target.client.describe_repositories(repositoryNames=[target.physical_id])
        return found["repositories"][0]

    def observe(self, target: Target) -> Properties | None:
        """Return the repository and its policies."""
        client, found = target.client, self._described(target)
        encryption = found.get("encryptionConfiguration", {})
        tags = client.list_tags_for_resource(resourceArn=found["repositoryArn"])["tags"]
        return present(
            {
                "RepositoryName": found["repositoryName"],
                "ImageTagMutability": found["imageTagMutability"],
                "ImageScanningConfiguration": _raised(found["imageScanningConfiguration"]),
                "EncryptionConfiguration": _raised(encryption),
                "LifecyclePolicy": _lifecycle_policy(target),
                "RepositoryPolicyText": _repository_policy(target),
                "Tags": tag_list(shown_tags(target.request, tag_mapping(tags))),
            }
        )

    def remove(self, target: Target) -> None:
        """Delete the repository; with images only where the template says so."""
        force = truth(target.properties.get("EmptyOnDelete", False), "EmptyOnDelete")
        target.client.delete_repository(repositoryName=target.physical_id, force=force)


def _set_policies(target: Target, previous: Properties) -> None:
    client, name = target.client, target.physical_id
    if policy := target.properties.get("RepositoryPolicyText"):
        client.set_repository_policy(repositoryName=name, policyText=policy_text(policy))
    elif previous.get("RepositoryPolicyText"):
        client.delete_repository_policy(repositoryName=name)
    if lifecycle := target.properties.get("LifecyclePolicy"):
        text = lifecycle["LifecyclePolicyText"]
        client.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=text)
    elif previous.get("LifecyclePolicy"):
        client.delete_lifecycle_policy(repositoryName=name)


def _lifecycle_policy(target: Target) -> dict[str, str] | None:
    try:
        found = target.client.get_lifecycle_policy(repositoryName=target.physical_id)
    except target.client.exceptions.LifecyclePolicyNotFoundException:
        return None
    return {"LifecyclePolicyText": found["lifecyclePolicyText"]}


def _repository_policy(target: Target) -> Any:  # noqa: ANN401 - a document
    try:
        found = target.client.get_repository_policy(repositoryName=target.physical_id)
    except target.client.exceptions.RepositoryPolicyNotFoundException:
        return None
    return policy_document(found["policyText"])


def _lowered(value: Any) -> Any:  # noqa: ANN401 - a template's object
    return value and {f"{name[0].lower()}{name[1:]}": item for name, item in value.items()}


def _raised(value: Any) -> Any:  # noqa: ANN401 - the API's object
    return {f"{name[0].upper()}{name[1:]}": item for name, item in value.items()}
