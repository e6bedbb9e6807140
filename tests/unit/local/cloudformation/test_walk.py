from threading import Event, Lock

from hypothesis import given
from hypothesis import strategies as st

from cdinfra.local.cloudformation.stop import StopSignal
from cdinfra.local.cloudformation.walk import reverse, walk


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, frozenset[str]]:
    """A graph without circles: each node may need those before it."""
    names = [f"N{number}" for number in range(draw(st.integers(0, 8)))]
    return {
        name: draw(st.frozensets(st.sampled_from(names[:index])) if index else st.just(frozenset()))
        for index, name in enumerate(names)
    }


@given(graph=graphs(), workers=st.integers(1, 4))
def test_every_node_is_done_once_and_after_what_it_needs(
    graph: dict[str, frozenset[str]], workers: int
) -> None:
    done: list[str] = []
    lock = Lock()

    def act(node: str) -> bool:
        with lock:
            assert graph[node] <= set(done)
            done.append(node)
        return True

    assert walk(graph, act, StopSignal(), workers=workers) == ()
    assert sorted(done) == sorted(graph)


@given(graph=graphs(), broken=st.frozensets(st.sampled_from(["N0", "N1", "N2"])))
def test_what_needs_a_failed_node_is_left_out_and_the_rest_goes_on(
    graph: dict[str, frozenset[str]], broken: frozenset[str]
) -> None:
    done: set[str] = set()

    def act(node: str) -> bool:
        done.add(node)
        return node not in broken

    failed = walk(graph, act, StopSignal())

    lost = set(broken & graph.keys())
    for node, needed in graph.items():
        if needed & lost:
            lost.add(node)
    assert set(failed) <= broken
    assert done >= graph.keys() - lost
    assert all(not (graph[node] & (lost | set(failed))) for node in done)


@given(graph=graphs())
def test_a_graph_that_is_reversed_twice_is_itself(graph: dict[str, frozenset[str]]) -> None:
    assert reverse(reverse(graph)) == graph


def test_nothing_new_is_begun_after_a_stop() -> None:
    stop = StopSignal()
    done: list[str] = []

    def act(node: str) -> bool:
        done.append(node)
        stop.set()
        return True

    walk({"A": frozenset(), "B": frozenset({"A"})}, act, stop)

    assert done == ["A"]


def test_independent_nodes_run_at_the_same_time() -> None:
    met = {"A": Event(), "B": Event()}

    def act(node: str) -> bool:
        met[node].set()
        return all(event.wait(10) for event in met.values())

    assert walk({"A": frozenset(), "B": frozenset()}, act, StopSignal()) == ()


def test_a_need_outside_of_the_graph_is_none() -> None:
    assert walk({"A": frozenset({"elsewhere"})}, lambda _: True, StopSignal()) == ()
