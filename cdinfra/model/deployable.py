"""What the deployer needs of an app, wherever its templates come from."""

from typing import Protocol

from cdinfra.model.place import Place
from cdinfra.model.stack import StackTemplate


class Deployable(Protocol):
    """Templates of one app in one environment: an ``App``, or a published version of one."""

    @property
    def name(self) -> str:
        """Name of the app."""

    @property
    def env(self) -> str:
        """The environment."""

    @property
    def region(self) -> str | None:
        """The app's region; None where it names none."""

    @property
    def account(self) -> str | None:
        """The account that the environment belongs to; None where the app does not say."""

    @property
    def places(self) -> tuple[Place, ...]:
        """Places to look in for stacks that the app has no more, besides those of its own."""

    @property
    def foundations(self) -> tuple[str, ...]:
        """Names of the stacks that every other one waits for."""

    def build(self) -> tuple[StackTemplate, ...]:
        """Return every template, in the order in which the stacks can be created."""
