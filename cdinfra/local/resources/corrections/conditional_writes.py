"""S3 writes an object under a condition in one step: nobody comes between look and writing.

moto looks whether the condition holds and writes afterwards, and another thread may do the
same in between: then two callers would both be told that they were first.
"""

from threading import RLock
from typing import Any

from moto.s3.responses import S3Response

Response = Any
"""moto's reading and answering of one call to S3."""

_put_object = S3Response.put_object
_one_at_a_time = RLock()


def install() -> None:
    """Replace moto's writing of an object by the one below."""
    S3Response.put_object = put_object


def put_object(self: Response) -> Any:  # noqa: ANN401 - moto's answer, passed on
    """Write the object while nobody else writes one."""
    with _one_at_a_time:
        return _put_object(self)
