"""A deploy group: the hosts that run the release of one stack."""

from dataclasses import dataclass

from cdinfra.model import HOME, Place


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployGroup:
    """What names a deploy group, and where it is.

    Attributes:
        app: Name of the app.
        env: Name of the environment.
        stack: Name of its stack within the app: what a person types, ``web``.
        stack_name: CloudFormation name of that stack, ``shop-dev-web``.
        name: Value of its hosts' tag ``DeployGroup``, unique in an account and region.
        bucket: Name of the app's bucket, which keeps lock, journals and history.
        place: Where its stack is, where that is not the app's own region and account.
    """

    app: str
    env: str
    stack: str
    stack_name: str
    name: str
    bucket: str
    place: Place = HOME
