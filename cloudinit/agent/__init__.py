"""The host agent's source: joined into one file by :mod:`cdinfra.cloudinit.agent_source`.

Runs on hosts, under the distribution's own Python (3.9 on Amazon Linux 2023), with nothing
but the standard library. Imported on the deployer's side by tests only.
"""
