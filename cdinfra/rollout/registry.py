"""Finds the image that a person means: exactly one, by digest."""

from collections.abc import Sequence
from dataclasses import dataclass

from cdinfra.aws.cloud import Aws, ImageApi
from cdinfra.aws.images import EcrName, ImageFacts, is_missing_repository
from cdinfra.errors import CloudError, InvalidInputError, Problem, did_you_mean
from cdinfra.model import Place
from cdinfra.rollout.group import DeployGroup
from cdinfra.rollout.group_stack import describe_group_stack
from cdinfra.rollout.image import Image
from cdinfra.rollout.image_reference import ALLOWED, ImageReference, parse_reference, release_of

MOST_NAMED = 5
"""Tags that an error names where none is near."""

NOT_LOOKED_INTO = (
    "{repository} is not in ECR, and is not looked into: whether the image is there and fits the "
    "hosts, their pull shows"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    repository: str
    name: EcrName
    images: ImageApi


class AwsRegistry:
    """Finds images in ECR; those of other registries are taken by digest alone.

    Args:
        aws: The group's place.
        group: The deploy group.
    """

    def __init__(self, aws: Aws, group: DeployGroup) -> None:
        self._aws = aws
        self._group = group

    def resolve(self, typed: str, running: str) -> Image:
        """Return the image that a person means.

        Args:
            typed: As :func:`~cdinfra.rollout.image_reference.parse_reference` takes it.
            running: The release that the group runs, whose repository a bare tag means; empty
                before the first one.

        Raises:
            InvalidInputError: There is no such image, or it is not clear which.
            CloudError: The registry cannot be asked, or does not permit it.
        """
        asked = parse_reference(typed)
        repository = asked.repository or running.partition("@")[0] or self._own(typed)
        place = self._place(repository)
        if place is not None:
            return self._found(typed, asked, place)
        if not asked.digest:
            message = f"{repository} is not in ECR, where its tags could be looked up"
            hint = f"name it by digest: {repository}@sha256:…"
            raise InvalidInputError(Problem(path=f"IMAGE {typed}", message=message, hint=hint))
        note = NOT_LOOKED_INTO.format(repository=repository)
        return Image(release=release_of(repository, asked.digest), tag=asked.tag, notes=(note,))

    def _own(self, typed: str) -> str:
        """Return the one repository that the group's stack lets its hosts pull from."""
        stack = describe_group_stack(self._aws, self._group)
        found = dict.fromkeys(filter(None, map(EcrName.of_arn, stack.parameters.values())))
        if len(found) == 1:
            (name,) = found
            if uri := self._images(name).describe_uri(name):
                return uri
        names = ", ".join(each.name for each in found)
        message = f"{self._group.stack} has "
        message += f"several repositories: {names}" if found else "no repository of its own"
        raise InvalidInputError(Problem(path=f"IMAGE {typed}", message=message, hint=ALLOWED))

    def _place(self, repository: str) -> _Place | None:
        name = self._aws.images.find_repository(repository)
        if name is None:
            return None
        return _Place(repository=repository, name=name, images=self._images(name))

    def _images(self, name: EcrName) -> ImageApi:
        """Return ECR of the region that a repository is in."""
        if name.region in ("", self._aws.accounts.describe_account().region):
            return self._aws.images
        return self._aws.at(Place(region=name.region)).images

    def _found(self, typed: str, asked: ImageReference, place: _Place) -> Image:
        try:
            facts = place.images.describe_image(place.name, asked.wanted)
            if facts is None:
                raise InvalidInputError(_missing(typed, asked, place))
        except CloudError as error:
            if not is_missing_repository(error):
                raise
            where = f"{place.name.account} {place.name.region}".strip() or "this account"
            message = f"there is no repository {place.name.name} in the registry of {where}"
            problem = Problem(path=f"IMAGE {typed}", message=message)
            raise InvalidInputError(problem) from error
        return Image(
            release=release_of(place.repository, facts.digest),
            tag=asked.tag,
            architectures=facts.architectures,
            labels=facts.labels,
            size_bytes=facts.size_bytes,
            notes=(*facts.notes, *_moved(asked, facts)),
        )


def _moved(asked: ImageReference, facts: ImageFacts) -> tuple[str, ...]:
    if not (asked.tag and asked.digest) or asked.tag in facts.tags:
        return ()
    return (f"the tag {asked.tag} is of another image by now; the digest is what counts",)


def _missing(typed: str, asked: ImageReference, place: _Place) -> Problem:
    what = f"digest {asked.digest}" if asked.digest else f"tag {asked.tag}"
    tags = place.images.list_tags(place.name)
    hint = "" if asked.digest else did_you_mean(asked.tag, tags)
    message = f"{place.repository} has no image of the {what}"
    return Problem(path=f"IMAGE {typed}", message=message, hint=hint or _listed(tags))


def _listed(tags: Sequence[str]) -> str:
    if not tags:
        return "it has no tag at all: push an image first"
    more = f", and {len(tags) - MOST_NAMED} more" if len(tags) > MOST_NAMED else ""
    return f"it has {', '.join(tags[-MOST_NAMED:])}{more}"
