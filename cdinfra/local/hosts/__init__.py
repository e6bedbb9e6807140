"""Hosts of the local cloud that really boot, one container of the machine's Docker engine each.

What the API says is running runs: systemd as process 1, the real cloud-init on the Ec2 data
source, a Docker engine of its own. The local cloud itself needs no rights for it; all that
does happens inside of containers.
"""
