"""Tagged resources in memory, for tests."""

from dataclasses import replace

from cdinfra.aws.hosts import APP_TAG, ENV_TAG
from cdinfra.aws.tagged_resources import TaggedResource


class FakeTaggedResources:
    """Tags in memory; see :class:`cdinfra.aws.tagged_resources.TaggedResources`."""

    def __init__(self) -> None:
        self._resources: list[TaggedResource] = []

    def add(self, app: str, env: str, resource: TaggedResource) -> None:
        """Let a resource carry an app's tags, besides those that it has."""
        tags = {**resource.tags, APP_TAG: app, ENV_TAG: env}
        self._resources.append(replace(resource, tags=tags))

    def describe_tagged(self, app: str, env: str) -> tuple[TaggedResource, ...]:
        """Return the resources that carry the tags of an app in one environment."""
        found = (
            each
            for each in self._resources
            if (each.tags[APP_TAG], each.tags[ENV_TAG]) == (app, env)
        )
        return tuple(sorted(found, key=lambda each: each.arn))
