"""Continuous delivery of Docker images onto plain EC2.

CloudFormation makes the infrastructure from Python classes (:mod:`cdinfra.stacks`),
cloud-init on each host installs Docker and runs the image (:mod:`cdinfra.cloudinit`),
and a small deployer (the ``cdinfra`` command) does the rest.
"""

from cdinfra.model import App

__all__ = ["App"]
