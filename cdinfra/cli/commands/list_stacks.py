"""``cdinfra list``: what infra.py describes, without a look at any cloud."""

import click

from cdinfra.cli.command import Command
from cdinfra.cli.options import Request, app_options
from cdinfra.cli.render.as_json import document
from cdinfra.cli.render.style import strong
from cdinfra.cli.render.tables import table
from cdinfra.cli.screen import result
from cdinfra.deploy.load import load_app
from cdinfra.model import HOME, Place, StackTemplate


@click.command(
    "list", cls=Command, examples=("cdinfra list", "cdinfra list --env staging --output json")
)
@app_options
def list_stacks(request: Request) -> None:
    """List the stacks that infra.py describes, in the order in which they are made."""
    templates = load_app(request.file, request.env).build()
    if request.as_json:
        result(document({"stacks": [_facts(template) for template in templates]}))
    else:
        result(_lines(templates))


def _lines(templates: tuple[StackTemplate, ...]) -> list[str]:
    rows = [
        (
            strong(template.name),
            template.stack_name,
            str(len(template.document.get("Resources", {}))),
            _place(template.place),
            ", ".join(template.dependencies),
        )
        for template in templates
    ]
    if any(template.place != HOME for template in templates):
        return table(("STACK", "NAME", "RESOURCES", "PLACE", "AFTER"), rows)
    without = [(*row[:3], row[4]) for row in rows]
    return table(("STACK", "NAME", "RESOURCES", "AFTER"), without)


def _place(place: Place) -> str:
    """Return what is known of a place without a look at any cloud."""
    return " ".join(filter(None, (place.account_id, place.region)))


def _facts(template: StackTemplate) -> dict[str, object]:
    return {
        "stack": template.name,
        "stack_name": template.stack_name,
        "after": template.dependencies,
        "place": template.place,
        "resources": len(template.document.get("Resources", {})),
        "parameters": sorted(template.parameters),
        "tags": template.tags,
        "template_bytes": len(template.body.encode()),
    }
