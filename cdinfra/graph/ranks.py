"""In which column of a drawing each node stands: whoever uses another stands left of it; pure."""

from collections.abc import Mapping

from cdinfra.graph.picture import Kind, Picture

_LEAST: Mapping[Kind, int] = {
    Kind.INTERNET: 0,
    Kind.ADDRESSES: 0,
    Kind.LOAD_BALANCER: 1,
    Kind.NETWORK: 1,
    Kind.RESOURCES: 1,
    Kind.HOSTS: 2,
    Kind.FUNCTION: 2,
}
_STORES = 3
"""What is not in the table holds something for the others, and stands right of them."""


def assign_columns(picture: Picture) -> dict[str, int]:
    """Return the column of each node, by its key; no column is empty.

    Arrows that lead back to where they come from are left out of account.
    """
    ranks = {node.key: _LEAST.get(node.kind, _STORES) for node in picture.nodes}
    targets: dict[str, list[str]] = {key: [] for key in ranks}
    for edge in picture.edges:
        targets[edge.source].append(edge.target)
    for key in _forward_order(targets):
        for target in targets[key]:
            ranks[target] = max(ranks[target], ranks[key] + 1)
    used = sorted(set(ranks.values()))
    return {key: used.index(rank) for key, rank in ranks.items()}


def _forward_order(targets: dict[str, list[str]]) -> list[str]:
    """Return keys so that sources come first, and take the arrows back out of ``targets``."""
    done: dict[str, None] = {}
    for start in targets:
        path: dict[str, None] = {}
        _visit(start, targets, path, done)
    return list(reversed(done))


def _visit(
    key: str, targets: dict[str, list[str]], path: dict[str, None], done: dict[str, None]
) -> None:
    if key in done:
        return
    path[key] = None
    targets[key] = [each for each in targets[key] if each not in path]
    for each in targets[key]:
        _visit(each, targets, path, done)
    del path[key]
    done[key] = None
