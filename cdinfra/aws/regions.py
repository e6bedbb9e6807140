"""Which regions there are, as far as the installed botocore knows."""

from typing import Any

from cdinfra.errors import Problem, nearest


def region_problem(session: Any, region: str) -> Problem | None:  # noqa: ANN401 - a boto3 session
    """Return what is wrong with the name of a region; None where botocore knows it.

    A region that is newer than the installed botocore is unknown to it too.
    """
    known = [
        each
        for partition in session.get_available_partitions()
        for each in session.get_available_regions("cloudformation", partition_name=partition)
    ]
    if region in known:
        return None
    return Problem(path="region", message=f"{region!r} is none", hint=nearest(region, known))
