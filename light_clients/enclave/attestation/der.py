"""A reader of DER, as much as Intel's certificate extension needs: definite lengths in their shortest form, no rest."""

from __future__ import annotations

from collections.abc import Iterator

from light_clients.enclave.errors import MalformedAttestation

INTEGER = 0x02
OCTET_STRING = 0x04
OBJECT_IDENTIFIER = 0x06
ENUMERATED = 0x0A
SEQUENCE = 0x30

DerValue = tuple[int, bytes]
"""Tag and content."""


def der_values(data: bytes) -> Iterator[DerValue]:
    """The values that follow one another in `data`, to its end."""
    start = 0
    while start < len(data):
        tag, start_of_content, end = _bounds(data, start)
        yield tag, data[start_of_content:end]
        start = end


def der_sequence(data: bytes) -> list[DerValue]:
    """The members of the one SEQUENCE that `data` is."""
    values = list(der_values(data))
    if len(values) != 1:
        raise MalformedAttestation("DER holds another number of values", expected=1, found=len(values))
    return list(der_values(expect(values[0], SEQUENCE)))


def expect(value: DerValue, tag: int) -> bytes:
    """The content, if the value has this tag."""
    if value[0] != tag:
        raise MalformedAttestation("DER value has another tag", expected=tag, found=value[0])
    return value[1]


def der_unsigned(value: DerValue, *, most: int) -> int:
    """A non-negative INTEGER up to `most`."""
    content = expect(value, INTEGER)
    is_padded = len(content) > 1 and content[0] == 0 and content[1] < 0x80
    number = int.from_bytes(content, "big", signed=True)
    if not content or is_padded or not 0 <= number <= most:
        raise MalformedAttestation("DER integer is out of range", expected=f"0..{most}", found=content)
    return number


def _bounds(data: bytes, start: int) -> tuple[int, int, int]:
    """Tag, start and end of the content of the value at `start`."""
    if len(data) < start + 2 or data[start] & 0x1F == 0x1F:
        raise MalformedAttestation("DER value is cut off or has a long tag", found=data[start : start + 2])
    length, content = data[start + 1], start + 2
    if length >= 0x80:
        octets = length & 0x7F
        length = int.from_bytes(data[content : content + octets], "big")
        content += octets
        if not 1 <= octets <= 2 or length < 0x80 or (octets == 2 and length < 0x100):
            raise MalformedAttestation("DER length is not in its shortest form, or too long", found=length)
    if content + length > len(data):
        raise MalformedAttestation("DER value is cut off", expected=content + length, found=len(data))
    return data[start], content, content + length
