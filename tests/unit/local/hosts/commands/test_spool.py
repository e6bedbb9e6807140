import os
from collections.abc import Iterator
from contextlib import suppress
from typing import IO

import pytest

from cdinfra.local.hosts.commands.spool import Spool


@pytest.fixture
def pipe() -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """A pipe's reading and writing end."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as reader, os.fdopen(writing, "wb") as writer:
        yield reader, writer


def test_what_is_written_is_there_to_its_last_byte(pipe: tuple[IO[bytes], IO[bytes]]) -> None:
    reader, writer = pipe
    spool = Spool(reader)
    spool.start()
    content = os.urandom(1_000_000)
    writer.write(content)
    writer.close()
    spool.join(10)
    assert spool.head(100) == content[:100]
    assert spool.content().read() == content
    spool.close()


def test_what_is_too_much_is_read_all_the_same_and_dropped(
    pipe: tuple[IO[bytes], IO[bytes]],
) -> None:
    reader, writer = pipe
    spool = Spool(reader, most=1000)
    spool.start()
    writer.write(b"x" * 500_000)
    writer.close()
    spool.join(10)
    assert spool.content().read() == b"x" * 1000
    spool.close()


def test_a_spool_that_is_closed_early_lets_the_writer_go_on(
    pipe: tuple[IO[bytes], IO[bytes]],
) -> None:
    reader, writer = pipe
    spool = Spool(reader)
    spool.start()
    spool.close()
    with suppress(BrokenPipeError):
        writer.write(b"x")
        writer.close()
    spool.join(10)
