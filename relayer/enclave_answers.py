"""Operators' answers for their enclaves' keys, as files: an operator writes its own, relayer and gateway read all.

An answer is public, and whoever reads it verifies nothing: the chain that registers the key does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

import structlog

from light_clients.enclave import KeyRegistration
from light_clients.enclave.codec import MAX_CLIENT_MESSAGE_BYTES, decode_registration, encode_registration
from primitives.errors import DecodeError

_log = structlog.get_logger(__name__)


def write_answer(path: Path, registration: KeyRegistration) -> None:
    """Replace the file; a reader sees the old answer or the new one."""
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(encode_registration(registration))
    partial.replace(path)


def read_answer(path: Path) -> KeyRegistration:
    """The answer in a file. Raises OSError, DecodeError."""
    with path.open("rb") as file:
        content = file.read(MAX_CLIENT_MESSAGE_BYTES + 1)
    return decode_registration(content)


async def read_answers(paths: Iterable[Path]) -> tuple[KeyRegistration, ...]:
    """All answers there are; one that is missing or broken is its operator's trouble and is left out."""
    return await asyncio.to_thread(_read_all, tuple(paths))


def _read_all(paths: tuple[Path, ...]) -> tuple[KeyRegistration, ...]:
    found: list[KeyRegistration] = []
    for path in paths:
        try:
            found.append(read_answer(path))
        except OSError as missing:
            _log.warning("no answer of an operator", file=str(path), error=missing.strerror)
        except DecodeError as broken:
            _log.warning("an operator's answer cannot be read", file=str(path), error=str(broken))
    return tuple(found)
