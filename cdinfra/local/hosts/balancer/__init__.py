"""Load balancers that balance: one HAProxy for each one that the API has.

::

    moto's ELBv2 -> model       what a load balancer shall do             (read)
                 -> text        HAProxy's configuration                   (configuration)
                 -> container   runs it, reloads it without a dropped request
    HAProxy      -> servers     what its health checks and sessions say   (runtime)
                 -> targets     where each target is in its life          (targets)
                 -> commands    what brings the servers in line           (runtime)
                 -> health      what DescribeTargetHealth answers         (health)

Targets come and go through HAProxy's runtime API; only listeners, rules and settings need a
reload, and only another set of ports needs another container.
"""
