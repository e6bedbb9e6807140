"""Orphans as text: what each is, why no stack owns it, and the two ways out."""

from collections.abc import Iterable, Iterator

from cdinfra.cli.render.style import faint, loud, strong
from cdinfra.cli.render.words import count, printable
from cdinfra.deploy.orphans import Orphan

NONE = "No orphans: a stack owns everything that carries the app's tags."


def orphan_lines(orphans: Iterable[Orphan]) -> Iterator[str]:
    """Return the orphans as lines."""
    every = tuple(orphans)
    if not every:
        yield NONE
        return
    one = len(every) == 1
    verb, them = ("carries", "it") if one else ("carry", "them")
    yield f"{count(len(every), 'resource')} {verb} the app's tags, and no stack owns {them}."
    for each in every:
        yield ""
        yield from _lines(each)


def _lines(orphan: Orphan) -> Iterator[str]:
    kind = printable(orphan.resource_type) or faint("of an unknown type")
    data = loud("HOLDS DATA") if orphan.holds_data else ""
    yield "  ".join(filter(None, (strong(printable(orphan.identifier)), kind, data)))
    # What AWS itself has put there is long, and told as the reason already.
    own = {key: value for key, value in orphan.tags.items() if not key.startswith("aws:")}
    tags = " ".join(f"{key}={value}" for key, value in sorted(own.items()))
    first = "" if orphan.is_described else "describe it in infra.py, then: "
    delete = printable(orphan.delete_command) or "no command is known here for its type"
    yield f"    {faint('arn')}     {printable(orphan.arn)}"
    yield f"    {faint('why')}     {printable(orphan.why)}"
    yield f"    {faint('tags')}    {printable(tags)}"
    yield f"    {faint('import')}  {first}{printable(orphan.import_command)}"
    yield f"    {faint('delete')}  {delete}"
