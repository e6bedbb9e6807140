"""The page for people: what a version holds, what each stack takes and gives. Self-contained."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, assert_never

from cdinfra.model import (
    FromEnvironment,
    FromFile,
    FromSsm,
    Literal,
    OutputReference,
    OutsideSource,
    ParameterSource,
    Retained,
    StackOutput,
)
from cdinfra.publish.manifest import MANIFEST, Manifest, PublishedStack

STYLE = """
:root { color-scheme: light dark; --line: #8884; --faint: #767676; --mark: #0b66c3; }
@media (prefers-color-scheme: dark) { :root { --faint: #9a9a9a; --mark: #6cb2ff; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
small, .faint { color: var(--faint); font-weight: normal; }
section { border-top: 1px solid var(--line); margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; }
caption { text-align: left; font-weight: 600; padding: .5rem 0; }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; }
th, td { border-bottom: 1px solid var(--line); }
code { font: 14px/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
a { color: var(--mark); }
"""


def build_page(manifest: Manifest) -> str:
    """Return the page of a version as HTML that needs no other file."""
    title = f"{escape(manifest.app)} {escape(manifest.version)}"
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{title}, {escape(manifest.env)}</title>",
            f"<style>{STYLE}</style>",
            "</head>",
            "<body>",
            f"<h1>{title} <small>{escape(manifest.env)}</small></h1>",
            _introduction(manifest),
            _contents(manifest),
            *(_section(each) for each in manifest.stacks),
            "</body>",
            "</html>",
            "",
        ]
    )


def _introduction(manifest: Manifest) -> str:
    revision = f", built from {_code(manifest.revision)}" if manifest.revision else ""
    link = f'<a href="{MANIFEST}">Manifest</a> with hashes'
    use = "for <code>cdinfra up --manifest</code>"
    return f"<p>{len(manifest.stacks)} stacks{revision}. {link}, {use}.</p>"


def _contents(manifest: Manifest) -> str:
    rows = [
        (
            f'<a href="#{escape(each.name)}">{escape(each.name)}</a>',
            escape(each.description),
            escape(", ".join(each.dependencies)),
        )
        for each in manifest.stacks
    ]
    return _table("Stacks, in the order in which they are made", ("stack", "what", "after"), rows)


def _section(stack: PublishedStack) -> str:
    name = escape(stack.name)
    facts = f'<a href="{escape(stack.file)}">template</a>, {stack.size:,} bytes, sha256 '
    facts += f"<code>{stack.sha256}</code>"
    parts = [
        f'<section id="{name}">',
        f"<h2>{name} <small>{escape(stack.stack_name)}</small></h2>",
        f"<p>{facts}</p>",
    ]
    if stack.quick_create_url:
        parts.append(f'<p><a href="{escape(stack.quick_create_url)}">Create in the console</a></p>')
    if stack.capabilities:
        parts.append(f"<p>Needs {escape(', '.join(stack.capabilities))}.</p>")
    if stack.declared:
        rows = [
            _parameter(key, each, stack.sources.get(key)) for key, each in stack.declared.items()
        ]
        parts.append(_table("Parameters", ("name", "type", "value", "what"), rows))
    if stack.outputs:
        outputs = [(_code(key), escape(each)) for key, each in stack.outputs.items()]
        parts.append(_table("Outputs", ("name", "what"), outputs))
    return "\n".join([*parts, "</section>"])


def _parameter(
    name: str, declared: Mapping[str, Any], source: ParameterSource | None
) -> tuple[str, ...]:
    return (
        _code(name),
        _code(str(declared.get("Type", ""))),
        _value(declared, source),
        escape(str(declared.get("Description", ""))),
    )


def _value(declared: Mapping[str, Any], source: ParameterSource | None) -> str:
    match source:
        case Literal(value=value):
            return _code(value)
        case OutputReference(stack=stack, output=output):
            return f"output {_code(output)} of {escape(stack)}"
        case Retained(initial=initial):
            return f"kept as deployed; at first {_code(initial)}" if initial else "kept as deployed"
        case None:
            default = str(declared.get("Default", ""))
            return f'{_code(default)} <span class="faint">(default)</span>' if default else ""
        case _:
            return _outside(source)


def _outside(source: OutsideSource) -> str:
    match source:
        case FromEnvironment(name=name):
            return f"environment variable {_code(name)}"
        case FromFile(path=path, key=key):
            return f"{_code(key)} in the file {_code(path)}" if key else f"file {_code(path)}"
        case FromSsm(name=name):
            return f"SSM parameter {_code(name)}"
        case StackOutput(stack_name=stack, key=key):
            return f"output {_code(key)} of the stack {escape(stack)}"
        case _:
            assert_never(source)


def _table(caption: str, heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    head = "".join(f'<th scope="col">{each}</th>' for each in heads)
    body = "\n".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><caption>{caption}</caption>\n<tr>{head}</tr>\n{body}\n</table>"


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>" if text else ""
