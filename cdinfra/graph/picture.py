"""What a picture of an app shows, apart from how it is drawn."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a node stands for; the value is what people call it."""

    INTERNET = "Internet"
    ADDRESSES = "Addresses"
    LOAD_BALANCER = "Load balancer"
    HOSTS = "Hosts"
    NETWORK = "Network"
    REPOSITORY = "Repository"
    BUCKET = "Bucket"
    VOLUME = "Data volume"
    DATABASE = "Database"
    MESSAGES = "Messages"
    FUNCTION = "Function"
    RESOURCES = "Resources"


class Relation(StrEnum):
    """What an arrow says."""

    TRAFFIC = "may open connections to"
    USE = "uses"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Something in the picture.

    Attributes:
        key: Unique name: ``web.LoadBalancer``.
        kind: What it is.
        detail: What is worth knowing of it, in a few words; may be empty.
    """

    key: str
    kind: Kind
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """An arrow from one node to another.

    Attributes:
        source: Key of the node that opens a connection, or uses the other.
        target: Key of the other.
        relation: What the arrow says.
        label: Ports and protocols, or what for.
    """

    source: str
    target: str
    relation: Relation
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A stack.

    Attributes:
        stack: Name within the app.
        detail: What is worth knowing of it; may be empty.
        nodes: What is in it.
        inside: Name of the stack whose network its nodes are in; else empty.
    """

    stack: str
    detail: str = ""
    nodes: tuple[Node, ...] = ()
    inside: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """The whole picture.

    Attributes:
        title: Its name: ``shop dev``.
        outside: Who is no part of the app.
        boxes: The stacks, in the order in which they can be created.
        edges: The arrows.
    """

    title: str
    outside: tuple[Node, ...]
    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]

    @property
    def nodes(self) -> tuple[Node, ...]:
        """Everything that is shown, those outside first."""
        return (*self.outside, *(node for box in self.boxes for node in box.nodes))
