"""The parts of docs/bench.md, each written by its own benchmark and left alone by the others."""

from collections.abc import Sequence
from pathlib import Path


def begin(name: str) -> str:
    """Return the line that opens a part.

    >>> begin("hosts")
    '<!-- hosts: written by `make bench-hosts`; run it again, do not edit this part. -->'
    """
    target = "bench" if name == "programs" else f"bench-{name}"
    return f"<!-- {name}: written by `make {target}`; run it again, do not edit this part. -->"


def write_section(page: Path, name: str, lines: Sequence[str]) -> None:
    """Write one part of the page; a part that is not there yet comes last.

    Args:
        page: The page.
        name: Name of the part.
        lines: What it is to say.
    """
    parts = split_page(page.read_text(encoding="utf-8") if page.exists() else "# Speed\n")
    parts[begin(name)] = "\n".join(lines).strip() + "\n"
    text = "\n".join(f"{mark}\n\n{part}" if mark else part for mark, part in parts.items())
    page.write_text(text, encoding="utf-8")


def split_page(text: str) -> dict[str, str]:
    """Return the parts of a page by the lines that open them; what is before has none."""
    parts = {"": ""}
    mark = ""
    for line in text.splitlines():
        if line.startswith("<!-- ") and "do not edit this part" in line:
            mark = line
            parts[mark] = ""
        else:
            parts[mark] += f"{line}\n"
    return {mark: part.strip() + "\n" for mark, part in parts.items()}
