import click
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.cli.render.tables import table

CELLS = st.text(st.characters(codec="ascii", categories=("L", "N")), max_size=10)


def test_columns_stand_under_their_headings() -> None:
    rows = [("web", click.style("CREATE_COMPLETE", fg="green")), ("network", "")]
    assert [click.unstyle(line) for line in table(("STACK", "STATUS"), rows)] == [
        "STACK    STATUS",
        "web      CREATE_COMPLETE",
        "network",
    ]


def test_a_table_without_rows_is_its_headings() -> None:
    assert [click.unstyle(line) for line in table(("A", "B"), [])] == ["A  B"]


@given(st.lists(st.tuples(CELLS, CELLS)))
def test_the_second_column_always_begins_at_the_same_place(rows: list[tuple[str, str]]) -> None:
    start = max([len("A"), *(len(first) for first, _ in rows)]) + 2
    for text, (_, second) in zip(table(("A", "B"), rows)[1:], rows, strict=True):
        assert click.unstyle(text)[start:] == second
