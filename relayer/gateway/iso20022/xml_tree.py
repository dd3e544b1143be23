"""XML documents as trees: read once and completely, written from nested values in the order of the schema."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias
from xml.etree.ElementTree import Element, SubElement, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from relayer.gateway.iso20022.errors import NotAMessage, ProfileViolated

MAX_MESSAGE_BYTES: Final = 128 * 1024
MAX_DEPTH: Final = 40
_DECLARATION: Final = re.compile(r"\s*<\?xml[^>]*encoding\s*=\s*[\"']([^\"']*)[\"']")
_ATTRIBUTE: Final = "@"

Content: TypeAlias = "str | Mapping[str, Content] | Sequence[Mapping[str, Content]]"
"""An element's text, or its children by name, in order; a name after ``@`` is an attribute, an empty one the text. Of a
sequence each is an element of that name.
"""


def parse(xml: bytes) -> Element:
    """The root element. Raises ``NotAMessage``: bounded, UTF-8 only, no document type declaration, not too deep."""
    if len(xml) > MAX_MESSAGE_BYTES:
        raise NotAMessage(f"at most {MAX_MESSAGE_BYTES} bytes", str(len(xml)))
    try:
        text = xml.decode("utf-8")
    except UnicodeDecodeError as broken:
        raise NotAMessage("UTF-8", f"a byte that is none at {broken.start}") from None
    declared = _DECLARATION.match(text.removeprefix("\ufeff"))
    if declared and declared[1].lower().replace("-", "") != "utf8":
        raise NotAMessage("encoding UTF-8", declared[1][:40])
    try:
        root: Element = fromstring(text.encode(), forbid_dtd=True)
    except DefusedXmlException as attack:
        raise NotAMessage("no document type declaration", type(attack).__name__) from None
    except (ParseError, ValueError) as broken:
        raise NotAMessage("well-formed XML", str(broken)[:200]) from None
    _require_shallow(root)
    return root


def _require_shallow(root: Element) -> None:
    level, depth = [root], 1
    while level := [child for element in level for child in element]:
        depth += 1
        if depth > MAX_DEPTH:
            raise NotAMessage(f"elements nested at most {MAX_DEPTH} deep", "more")


def namespace_and_name(element: Element) -> tuple[str, str]:
    """Of a tag ``{namespace}name``."""
    namespace, brace, name = element.tag.rpartition("}")
    return namespace.removeprefix("{") if brace else "", name


class Part:
    """An element that is read piece by piece; ``require_all_read`` refuses what nobody asked for."""

    def __init__(self, element: Element, path: str = "") -> None:
        self._element = element
        self.path = path or namespace_and_name(element)[1]
        self._read: dict[int, Part] = {}
        self._attributes_read: set[str] = set()

    def maybe(self, name: str) -> Part | None:
        """The child of that name, if there is one. Raises ``ProfileViolated`` where it stands twice."""
        found = [child for child in self._element if namespace_and_name(child)[1] == name]
        if len(found) > 1:
            raise ProfileViolated(f"{self.path}/{name}", "one", str(len(found)))
        if not found:
            return None
        return self._read.setdefault(id(found[0]), Part(found[0], f"{self.path}/{name}"))

    def part(self, path: str) -> Part:
        """The descendant at ``A/B/C``. Raises ``ProfileViolated`` where it is missing."""
        at = self
        for name in path.split("/"):
            child = at.maybe(name)
            if child is None:
                raise ProfileViolated(f"{at.path}/{name}", "this element", "nothing")
            at = child
        return at

    def text(self, path: str) -> str:
        """The text at ``A/B/C``, without white space around it. Raises ``ProfileViolated``."""
        return self.part(path).own_text

    def maybe_text(self, path: str) -> str:
        """As ``text``; empty where any element on the way is missing."""
        at: Part | None = self
        for name in path.split("/"):
            at = at.maybe(name) if at else None
        return at.own_text if at else ""

    @property
    def own_text(self) -> str:
        """The element's text."""
        return (self._element.text or "").strip()

    @property
    def namespace(self) -> str:
        """The element's namespace."""
        return namespace_and_name(self._element)[0]

    def attribute(self, name: str) -> str:
        """An attribute's value, empty if it is missing."""
        self._attributes_read.add(name)
        return self._element.get(name, "")

    def require(self, path: str, expected: str) -> None:
        """Raises ``ProfileViolated`` unless the text at ``path`` is exactly this."""
        found = self.text(path)
        if found != expected:
            raise ProfileViolated(f"{self.path}/{path}", expected, found[:80] or "nothing")

    def require_all_read(self) -> None:
        """Raises ``ProfileViolated`` naming an element, an attribute or a text that was not asked for."""
        for attribute in set(self._element.keys()) - self._attributes_read:
            raise ProfileViolated(f"{self.path}/@{attribute[:80]}", "no such attribute in this profile", "one")
        texts = ((self._element.text if len(self._element) else ""), *(child.tail for child in self._element))
        for text in texts:
            if text and not text.isspace():
                raise ProfileViolated(self.path, "elements only", text.strip()[:40])
        for child in self._element:
            name = namespace_and_name(child)[1]
            read = self._read.get(id(child))
            if read is None:
                raise ProfileViolated(f"{self.path}/{name}", "no such element in this profile", "one")
            read.require_all_read()


def build(namespace: str, root: str, content: Mapping[str, Content]) -> bytes:
    """A document in UTF-8 with its declaration; all elements in ``namespace`` unless an inner ``@xmlns`` says else."""
    element = Element(root, {"xmlns": namespace})
    _fill(element, content)
    return bytes(tostring(element, encoding="utf-8", xml_declaration=True))


def _fill(element: Element, content: str | Mapping[str, Content]) -> None:
    if isinstance(content, str):
        element.text = content
        return
    for name, inner in content.items():
        if isinstance(inner, str) and name == "":
            element.text = inner
        elif isinstance(inner, str) and name.startswith(_ATTRIBUTE):
            element.set(name[1:], inner)
        else:
            for each in (inner,) if isinstance(inner, (str, Mapping)) else inner:
                _fill(SubElement(element, name), each)
