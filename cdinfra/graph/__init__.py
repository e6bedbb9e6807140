"""The picture of an app: its stacks, hosts and stores, and who may talk to whom.

::

    templates -> build_picture -> Picture -> mermaid, or layout -> SVG

Everything is read from the templates, so that no cloud is asked and the same app always
gives the same bytes.
"""
