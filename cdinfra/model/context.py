"""What a stack knows of the app it belongs to while its template is built."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildContext:
    """The app around a stack.

    Attributes:
        app: Name of the app.
        env: Name of the environment.
        owner: Who answers for the app: a team or an address.
        tags: The user's own tags.
    """

    app: str
    env: str
    owner: str
    tags: Mapping[str, str] = field(default_factory=dict)

    def stack_name(self, stack: str) -> str:
        """Return the CloudFormation name of one of the app's stacks."""
        return f"{self.app}-{self.env}-{stack}"

    def all_tags(self) -> dict[str, str]:
        """Return the user's tags and the app's own: app, env and owner."""
        return {
            **self.tags,
            "cdinfra:app": self.app,
            "cdinfra:env": self.env,
            "cdinfra:owner": self.owner,
        }
