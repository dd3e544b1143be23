"""Asking the notary what is final, without asking for anything to be made so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chains.progmat.flows.errors import AnswerProvesNothing
from chains.progmat.flows.verification import LedgerVerifier
from chains.progmat.node.peers.seam import PeerNetwork
from chains.progmat.notary.find_codec import Found, decode_find_response, encode_find_request
from chains.progmat.transactions.signature import TransactionSignature
from chains.progmat.transactions.signed_codec import decode_signature
from chains.progmat.transactions.wire import WireTransaction
from primitives.composite_key import leaf_keys
from primitives.errors import CallerError, PeerError

FIND: Final = "notary.find"
FIND_TIMEOUT_S: Final = 15.0


@dataclass(frozen=True, slots=True)
class FinalWord:
    """The notary's signature and the Validators', verified; the journal position, 0 without provable writes."""

    signatures: tuple[TransactionSignature, ...]
    position: int


@dataclass(frozen=True, slots=True)
class Findings:
    """By transaction id. What is not in ``final`` can become so at ``time_s`` by the notary's clock, never earlier."""

    final: Mapping[bytes, FinalWord]
    time_s: int


class NotaryInquiry:
    """The network's notaries, as one node asks them about transactions it knows."""

    def __init__(self, network: PeerNetwork, verifier: LedgerVerifier) -> None:
        self._network = network
        self._verifier = verifier

    async def find(self, name: str, wires: Sequence[WireTransaction]) -> Findings:
        """Ask the notary of that name about at most ``MAX_FOUND_IDS`` transactions that name it.

        Raises ``UnavailableError`` for everything that proves nothing. The time is the notary's word: a notary that
        lies about it can have a final transaction forgotten here, as it can deny one.
        """
        tx_ids = [wire.id for wire in wires]
        try:
            body = await self._network.request(name, FIND, encode_find_request(tx_ids), FIND_TIMEOUT_S)
            answer = decode_find_response(body, tx_ids)
            known = {wire.id: wire for wire in wires}
            return Findings(
                {item.tx_id: self._checked(item, known[item.tx_id]) for item in answer.found}, answer.time_s
            )
        except (CallerError, PeerError) as error:
            raise AnswerProvesNothing(name, str(error)) from error

    def _checked(self, found: Found, wire: WireTransaction) -> FinalWord:
        name = self._verifier.notary_name(wire)
        signature = decode_signature(found.notarised.signature)
        if signature.by not in self._verifier.notary_keys(wire):
            raise AnswerProvesNothing(name, "it signed with another key than the notary's")
        if (found.notarised.position > 0) != bool(wire.provable_writes):
            raise AnswerProvesNothing(name, f"position {found.notarised.position} does not fit the transaction")
        approvals = tuple(map(decode_signature, found.validator_signatures))
        if not {approval.by for approval in approvals} <= leaf_keys(self._verifier.pinned(wire).validator_key):
            raise AnswerProvesNothing(name, "it showed a signature that is no Validator's")
        for one in (signature, *approvals):
            self._verifier.verify_signature(one, wire.id)
        return FinalWord((signature, *approvals), found.notarised.position)
