"""A real registry that answers for ECR: Debian's ``docker-registry`` behind a gate.

::

    docker ─> 127.0.0.1:PORT ─> gate (HAProxy) ─┬─ blobs, /v2/       ─> docker-registry
                                                └─ manifests, tags   ─> the local cloud
                                                                        ├─ ECR's records
                                                                        └─> docker-registry

There is one for each account and region. Layers go straight to the registry. Manifests pass
through the local cloud, so ECR's records are the one truth of what is there under which tag:
a push is seen by ``DescribeImages`` as soon as it has ended, a deleted image is gone for
``docker pull`` too, and an immutable tag is refused before anything has changed.

Who may do what is the registry's own token authentication. The local cloud is the token
server: it checks the password that ``GetAuthorizationToken`` gave out and grants what ECR has.
"""
