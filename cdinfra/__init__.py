"""Continuous delivery of Docker images onto plain EC2.

CloudFormation makes the infrastructure from Python classes (:mod:`cdinfra.stacks`),
cloud-init on each host installs Docker and runs the image (:mod:`cdinfra.cloudinit`),
and a small deployer (the ``cdinfra`` command) does the rest.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cdinfra.model import App

__all__ = ["App", "__version__"]

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """Import ``App`` when it is asked for: `cdinfra --version` need not pay for it."""
    if name == "App":
        from cdinfra.model import App  # noqa: PLC0415 - that is the point

        return App
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
