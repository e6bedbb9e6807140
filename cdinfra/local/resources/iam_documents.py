"""Policy documents: a template writes an object, the API takes text."""

import json
from typing import Any


def policy_text(document: Any) -> str:  # noqa: ANN401 - as a template has it
    """Return a policy document as the API takes it."""
    return document if isinstance(document, str) else json.dumps(document)


def policy_document(text: Any) -> Any:  # noqa: ANN401 - as the API gives it
    """Return a policy document as a template writes it."""
    return json.loads(text) if isinstance(text, str) else text
