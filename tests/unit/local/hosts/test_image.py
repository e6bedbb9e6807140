import os

import pytest

from cdinfra.local.hosts.image import can_unpack

BLOCK = 4096
GIBIBYTE = 1024**3


def filesystem(flags: int, free: int) -> os.statvfs_result:
    blocks = free // BLOCK
    return os.statvfs_result((BLOCK, BLOCK, blocks, blocks, blocks, 1, 1, 1, flags, 255))


def test_the_base_is_unpacked_in_memory_where_there_is_space() -> None:
    assert can_unpack(filesystem(os.ST_NOSUID, 2 * GIBIBYTE))
    assert not can_unpack(filesystem(os.ST_NOSUID, GIBIBYTE // 16))


@pytest.mark.parametrize("flag", [os.ST_NOEXEC, os.ST_NODEV])
def test_it_is_not_where_no_program_or_no_device_works(flag: int) -> None:
    assert not can_unpack(filesystem(flag, 2 * GIBIBYTE))
