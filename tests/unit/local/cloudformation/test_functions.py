import base64
import ipaddress

from hypothesis import given
from hypothesis import strategies as st

from cdinfra.local.cloudformation.functions import IntrinsicError, cidr, encode_base64, join, split

TEXT = st.text(max_size=20)


@given(st.lists(TEXT.filter(lambda text: "|" not in text), min_size=1, max_size=8))
def test_split_undoes_join(items: list[str]) -> None:
    assert split(["|", join(["|", items])]) == items


@given(TEXT, TEXT.filter(bool))
def test_join_undoes_split(text: str, delimiter: str) -> None:
    assert join([delimiter, split([delimiter, text])]) == text


@given(st.binary(max_size=50))
def test_base64_is_read_back(content: bytes) -> None:
    text = content.decode("latin-1")
    assert base64.b64decode(encode_base64(text)).decode() == text


@given(
    st.ip_addresses(v=4),
    st.integers(min_value=8, max_value=28),
    st.integers(min_value=1, max_value=256),
    st.integers(min_value=1, max_value=24),
)
def test_cidr_blocks_lie_within_their_block_and_apart(
    address: ipaddress.IPv4Address, prefix: int, count: int, bits: int
) -> None:
    block = ipaddress.IPv4Network(f"{address}/{prefix}", strict=False)
    try:
        blocks = cidr([str(block), count, bits])
    except IntrinsicError:
        assert count > 2 ** max(32 - bits - prefix, 0) or bits > 32 - prefix
        return
    networks = [ipaddress.IPv4Network(item) for item in blocks]
    assert len(networks) == count
    assert all(network.subnet_of(block) for network in networks)
    assert all(network.prefixlen == 32 - bits for network in networks)
    assert len(set(networks)) == count
