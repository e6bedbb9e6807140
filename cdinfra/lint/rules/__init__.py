"""The project's own rules, by id.

CD1xx are about hosts, CD2xx about user data and secrets, CD3xx about the network, CD4xx about
what is stored, CD5xx about IAM, CD6xx about templates, CD9xx about exceptions. An id is never
given to another rule.
"""

from typing import Final

from cdinfra.lint.rules import hosts, network, places, policies, secrets, storage, user_data

RULES: Final = tuple(
    sorted(
        (
            *hosts.RULES,
            *network.RULES,
            *places.RULES,
            *policies.RULES,
            *secrets.RULES,
            *storage.RULES,
            *user_data.RULES,
        ),
        key=lambda rule: rule.id,
    )
)
"""Every shipped rule that looks at a template."""
