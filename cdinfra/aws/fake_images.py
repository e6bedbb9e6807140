"""ECR in memory, for tests."""

from cdinfra.aws.images import EcrName, ImageFacts


class FakeImages:
    """Images in memory; see :class:`cdinfra.aws.images.Images`.

    Attributes:
        repositories: What each repository has, by its whole name, ``host/name``.
        calls: What was called, each with its arguments.
    """

    def __init__(self) -> None:
        self.repositories: dict[str, list[ImageFacts]] = {}
        self.calls: list[str] = []
        self._outcomes: list[Exception | None] = []

    def script(self, *outcomes: Exception | None) -> None:
        """Let the next calls raise these; None lets one pass."""
        self._outcomes.extend(outcomes)

    def find_repository(self, repository: str) -> EcrName | None:
        """Return a repository as ECR names it; None where it is of another registry."""
        self._called("find_repository", repository)
        if found := EcrName.parse(repository):
            return found
        name = repository.partition("/")[2]
        return EcrName(name=name) if repository in self.repositories else None

    def describe_uri(self, repository: EcrName) -> str:
        """Return what stands before tag or digest in the names of its images; empty for none."""
        self._called("describe_uri", repository.name)
        names = (each for each in self.repositories if each.partition("/")[2] == repository.name)
        return next(names, "")

    def describe_image(self, repository: EcrName, reference: str) -> ImageFacts | None:
        """Return an image; None where the repository has none of that tag or digest."""
        self._called("describe_image", repository.name, reference)
        images = self._images(repository)
        return next((each for each in images if reference in (each.digest, *each.tags)), None)

    def list_tags(self, repository: EcrName) -> tuple[str, ...]:
        """Return tags of a repository, in order."""
        self._called("list_tags", repository.name)
        return tuple(sorted(tag for each in self._images(repository) for tag in each.tags))

    def _images(self, repository: EcrName) -> list[ImageFacts]:
        named = (
            images
            for name, images in self.repositories.items()
            if name.partition("/")[2] == repository.name
        )
        return next(named, [])

    def _called(self, operation: str, *arguments: str) -> None:
        self.calls.append(" ".join((operation, *arguments)))
        outcome = self._outcomes.pop(0) if self._outcomes else None
        if outcome is not None:
            raise outcome
