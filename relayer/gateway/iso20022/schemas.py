"""The schemas of the messages that are served, as a library carries them: generated classes with their constraints.

The library's parser knows names, order and types; the lengths, patterns and digits that its classes declare are checked
here. It takes a second or two to import, so that is done when the first message comes.
"""

from __future__ import annotations

import dataclasses
import importlib
import re
import typing
from collections.abc import Iterator
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any, Final

from relayer.gateway.iso20022.errors import NotAMessage, SchemaViolated
from relayer.gateway.iso20022.xml_tree import Part, namespace_and_name, parse

_URN: Final = "urn:iso:std:iso:20022:tech:xsd:"
MOST_PROBLEMS: Final = 10


class MessageType(Enum):
    """A message by its identifier; its root element and the library's class."""

    INSTRUCTION = ("sese.023.001.11", "SctiesSttlmTxInstr", "sese.sese_023_001_11", "Sese02300111")
    STATUS = ("sese.024.001.12", "SctiesSttlmTxStsAdvc", "sese.sese_024_001_12", "Sese02400112")
    CONFIRMATION = ("sese.025.001.11", "SctiesSttlmTxConf", "sese.sese_025_001_11", "Sese02500111")
    CANCELLATION = ("sese.020.001.07", "SctiesTxCxlReq", "sese.sese_020_001_07", "Sese02000107")
    CASH_TRANSFER = ("pacs.009.001.11", "FICdtTrf", "pacs.pacs_009_001_11", "Pacs00900111")

    @property
    def identifier(self) -> str:
        """As ISO 20022 names it."""
        return self.value[0]

    @property
    def namespace(self) -> str:
        """Of its documents."""
        return _URN + self.identifier

    @property
    def body(self) -> str:
        """The name of the element below ``Document``."""
        return self.value[1]

    def load(self) -> type[Any]:
        """The library's class of its documents."""
        module = importlib.import_module(f"python_iso20022.{self.value[2]}.models")
        found: type[Any] = getattr(module, self.value[3])
        return found


def read(xml: bytes) -> tuple[MessageType, Part]:
    """A document's type and body, valid by its schema. Raises ``NotAMessage``, ``SchemaViolated``."""
    root = parse(xml)
    namespace, name = namespace_and_name(root)
    served = {each.namespace: each for each in MessageType}
    if name != "Document" or namespace not in served:
        expected = "Document of " + ", ".join(each.identifier for each in MessageType)
        raise NotAMessage(expected, f"{name} of {namespace or 'no namespace'}"[:200])
    message_type = served[namespace]
    validate(message_type, xml)
    return message_type, Part(root).part(message_type.body)


def validate(message_type: MessageType, xml: bytes) -> None:
    """Raises ``SchemaViolated`` with what its schema does not allow, the first ten of it."""
    from xsdata.exceptions import ConverterWarning, ParserError  # noqa: PLC0415  # see the head of this file
    from xsdata.formats.dataclass.parsers import XmlParser  # noqa: PLC0415  # as above
    from xsdata.formats.dataclass.parsers.config import ParserConfig  # noqa: PLC0415  # as above
    from xsdata.formats.dataclass.parsers.handlers import XmlEventHandler  # noqa: PLC0415  # as above

    config = ParserConfig(
        fail_on_unknown_properties=True, fail_on_unknown_attributes=True, fail_on_converter_warnings=True
    )
    parser = XmlParser(context=_context(), config=config, handler=XmlEventHandler)
    try:
        document = parser.from_bytes(xml, message_type.load())
    except (ParserError, ConverterWarning, ValueError, TypeError) as violation:
        raise SchemaViolated(message_type.identifier, [str(violation)[:300]]) from None
    problems = list(_problems(document, message_type.body))[:MOST_PROBLEMS]
    if problems:
        raise SchemaViolated(message_type.identifier, problems)


@lru_cache(maxsize=1)
def _context() -> Any:  # noqa: ANN401  # the library's memory of its classes, which is imported late
    from xsdata.formats.dataclass.context import XmlContext  # noqa: PLC0415  # see the head of this file

    return XmlContext()


def _problems(value: Any, path: str) -> Iterator[str]:  # noqa: ANN401  # a generated class's instance
    """Everything below a value that its class's constraints do not allow."""
    for each in dataclasses.fields(value):
        if each.metadata.get("type") == "Wildcard":
            continue
        found, name = getattr(value, each.name), f"{path}/{each.metadata.get('name', each.name)}"
        items = found if isinstance(found, list) else [] if found is None else [found]
        least = max(int(each.metadata.get("min_occurs", 0)), 1 if each.metadata.get("required") else 0)
        most = each.metadata.get("max_occurs")
        if len(items) < least or (most is not None and len(items) > most):
            yield f"{name}: expected {least} or more{f', at most {most}' if most else ''}, found {len(items)}"
        for item in items:
            if dataclasses.is_dataclass(item):
                yield from _problems(item, name)
            else:
                yield from _violations(item.value if isinstance(item, Enum) else item, each.metadata, name)


def _violations(item: object, rules: typing.Mapping[str, Any], name: str) -> Iterator[str]:
    if isinstance(item, str):
        if not rules.get("min_length", 0) <= len(item) <= rules.get("max_length", len(item)):
            yield f"{name}: expected {rules.get('min_length', 0)} to {rules.get('max_length')} characters"
        if "pattern" in rules and not re.fullmatch(rules["pattern"], item):
            yield f"{name}: expected {rules['pattern']}, found {item[:80]}"
    if isinstance(item, Decimal):
        yield from _number_violations(item, rules, name)


def _number_violations(number: Decimal, rules: typing.Mapping[str, Any], name: str) -> Iterator[str]:
    if not number.is_finite():
        yield f"{name}: expected a number, found {number}"
        return
    _, digits, exponent = number.as_tuple()
    fraction = max(0, -int(exponent))
    if len(digits) + max(0, int(exponent)) > rules.get("total_digits", 99) or fraction > rules.get(
        "fraction_digits", 99
    ):
        most = f"{rules.get('total_digits')} digits, {rules.get('fraction_digits')} of them after the point"
        yield f"{name}: expected at most {most}"
    if "min_inclusive" in rules and number < rules["min_inclusive"]:
        yield f"{name}: expected {rules['min_inclusive']} or more, found {number}"
