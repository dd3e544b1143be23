"""Comparing what a file claims with what was computed."""

from __future__ import annotations

from collections.abc import Sequence

from primitives.rlp import split_list
from relayer.cli.verify.errors import Refused, refusing
from relayer.cli.verify.json_reader import JsonField
from relayer.cli.verify.report import shown_bytes


def check_bytes(claim: JsonField | None, computed: bytes) -> None:
    """Refused if the file claims other bytes; nothing if it claims none."""
    if claim is not None and claim.hex() != computed:
        raise Refused(f"{claim.place} does not hold", expected=claim.hex(), found=computed)


def check_integer(claim: JsonField | None, computed: int) -> None:
    """Refused if the file claims another number; nothing if it claims none."""
    if claim is not None and claim.integer() != computed:
        raise Refused(f"{claim.place} does not hold", expected=claim.integer(), found=computed)


def check_bytes_list(claim: JsonField | None, computed: Sequence[bytes]) -> None:
    """Refused if the file claims another list, or another order; nothing if it claims none."""
    if claim is not None and claim.hex_list() != tuple(computed):
        found = ", ".join(shown_bytes(data) for data in computed)
        raise Refused(f"{claim.place} does not hold", found=found)


def proof_nodes(holder: JsonField, name: str = "proof") -> tuple[bytes, ...]:
    """Trie nodes given as a list of nodes, as one RLP list (``<name>_rlp``), or as both, which must be equal."""
    listed, packed = holder.get(name), holder.get(f"{name}_rlp")
    if listed is not None and isinstance(listed.value, str):
        listed, packed = None, listed
    if packed is None:
        return holder.at(name).hex_list()
    with refusing(packed.place):
        nodes = tuple(split_list(packed.hex()))
    if listed is not None and listed.hex_list() != nodes:
        raise Refused(f"{listed.place} and {packed.place} are different proofs")
    return nodes
