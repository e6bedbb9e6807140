"""Walks a graph of resources: those that depend on nothing unfinished at once, bounded."""

from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from cdinfra.local.cloudformation.stop import StopSignal

WORKERS = 16
"""Resources of one stack that are worked on at once. Some only wait for signals."""

Graph = Mapping[str, frozenset[str]]
"""For each node the nodes that must be done before it."""


def reverse(graph: Graph) -> Graph:
    """Return the graph walked backwards: each node after those that depend on it."""
    turned: dict[str, set[str]] = {node: set() for node in graph}
    for node, needed in graph.items():
        for other in needed & graph.keys():
            turned[other].add(node)
    return {node: frozenset(needed) for node, needed in turned.items()}


def walk(
    graph: Graph, act: Callable[[str], bool], stop: StopSignal, *, workers: int = WORKERS
) -> tuple[str, ...]:
    """Call ``act`` for every node after the nodes that it needs.

    A node whose ``act`` returns False has failed: nodes that need it are left out, the
    others go on. Nothing new is begun once ``stop`` is set.

    Args:
        graph: The nodes and what each needs; a need outside of the graph is no need.
        act: Does the work of a node, in a thread of its own.
        stop: Asks to begin nothing new.
        workers: Most nodes at once.

    Returns:
        The nodes that failed, in the order in which they did.
    """
    waiting = {node: set(needed & graph.keys()) for node, needed in graph.items()}
    running: dict[Future[bool], str] = {}
    failed: list[str] = []
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="resource") as pool:
        while True:
            if not stop.is_set():
                for node in [node for node, needed in waiting.items() if not needed]:
                    del waiting[node]
                    running[pool.submit(act, node)] = node
            if not running:
                return tuple(failed)
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                node = running.pop(future)
                if not future.result():
                    failed.append(node)
                    continue
                for needed in waiting.values():
                    needed.discard(node)
