"""Protobuf bytes to dataclasses and back (proto/crossdvp/ibc/v1/qbft.proto); strict and bounded in both directions.

Every ``decode_…`` raises DecodeError (MalformedHeader for a field out of range).
"""

from __future__ import annotations

from collections.abc import Sequence

from crossdvp.ibc.v1 import qbft_pb2

from light_clients.qbft.client_state import QbftClientState
from light_clients.qbft.consensus_state import QbftConsensusState
from light_clients.qbft.engine import ConsensusEngine
from light_clients.qbft.eras import MAX_ERAS, EngineEra, ProposerCheck, ValidatorContract
from light_clients.qbft.errors import MalformedHeader
from light_clients.qbft.header import QbftClientMessage, QbftHeader, QbftMisbehaviour, ValidatorsProof
from light_clients.qbft.sealed_header import MAX_VALIDATORS
from primitives.codec import deterministic_bytes, strict_parse
from primitives.mpt import MAX_NODE_BYTES

MAX_PROOF_NODES = 65
MAX_PROOF_BYTES = MAX_PROOF_NODES * (MAX_NODE_BYTES + 4)
MAX_CLIENT_STATE_BYTES = 256 + MAX_ERAS * 80
MAX_CONSENSUS_STATE_BYTES = 128 + MAX_VALIDATORS * 22
MAX_CLIENT_MESSAGE_BYTES = 192 * 1024
"""Two headers with the proofs of their validators from a contract, `MAX_CONTRACT_VALIDATORS` in each."""

_ENGINES = {
    ConsensusEngine.QBFT: qbft_pb2.CONSENSUS_ENGINE_QBFT,
    ConsensusEngine.IBFT2: qbft_pb2.CONSENSUS_ENGINE_IBFT2,
    ConsensusEngine.IBFT1: qbft_pb2.CONSENSUS_ENGINE_IBFT1,
}
_PROPOSER_CHECKS = {
    ProposerCheck.VALIDATOR: qbft_pb2.PROPOSER_CHECK_VALIDATOR,
    ProposerCheck.NONE: qbft_pb2.PROPOSER_CHECK_NONE,
}
_ENGINE_OF = {int(number): engine for engine, number in _ENGINES.items()}
_PROPOSER_CHECK_OF = {int(number): check for check, number in _PROPOSER_CHECKS.items()}


def encode_client_state(client_state: QbftClientState) -> bytes:
    """The bytes a ledger keeps."""
    return deterministic_bytes(
        qbft_pb2.ClientState(
            chain_id=client_state.chain_id,
            router_address=client_state.router_address,
            store_slot=client_state.store_slot,
            latest_height=client_state.latest_height,
            trusting_period_s=client_state.trusting_period_s,
            max_clock_drift_s=client_state.max_clock_drift_s,
            frozen=client_state.frozen,
            eras=[_era_message(era) for era in client_state.eras],
        )
    )


def decode_client_state(data: bytes) -> QbftClientState:
    """The inverse."""
    message = strict_parse(qbft_pb2.ClientState, data, max_bytes=MAX_CLIENT_STATE_BYTES)
    return QbftClientState(
        chain_id=message.chain_id,
        router_address=message.router_address,
        store_slot=message.store_slot,
        latest_height=message.latest_height,
        trusting_period_s=message.trusting_period_s,
        max_clock_drift_s=message.max_clock_drift_s,
        frozen=message.frozen,
        eras=tuple(_era_of(era) for era in message.eras),
    )


def encode_consensus_state(consensus_state: QbftConsensusState) -> bytes:
    """The bytes a ledger keeps for one height."""
    return deterministic_bytes(
        qbft_pb2.ConsensusState(
            timestamp_s=consensus_state.timestamp_s,
            state_root=consensus_state.state_root,
            storage_root=consensus_state.storage_root,
            validators=consensus_state.validators,
            block_hash=consensus_state.block_hash,
        )
    )


def decode_consensus_state(data: bytes) -> QbftConsensusState:
    """The inverse."""
    message = strict_parse(qbft_pb2.ConsensusState, data, max_bytes=MAX_CONSENSUS_STATE_BYTES)
    return QbftConsensusState(
        timestamp_s=message.timestamp_s,
        state_root=message.state_root,
        storage_root=message.storage_root,
        validators=tuple(message.validators),
        block_hash=message.block_hash,
    )


def encode_header(header: QbftHeader) -> bytes:
    """A client message that updates."""
    return deterministic_bytes(qbft_pb2.ClientMessage(header=_header_message(header)))


def encode_misbehaviour(misbehaviour: QbftMisbehaviour) -> bytes:
    """A client message that freezes."""
    evidence = qbft_pb2.Misbehaviour(
        header_1=_header_message(misbehaviour.header_1), header_2=_header_message(misbehaviour.header_2)
    )
    return deterministic_bytes(qbft_pb2.ClientMessage(misbehaviour=evidence))


def decode_client_message(data: bytes) -> QbftClientMessage:
    """Either kind of client message."""
    message = strict_parse(qbft_pb2.ClientMessage, data, max_bytes=MAX_CLIENT_MESSAGE_BYTES)
    match message.WhichOneof("message"):
        case "header":
            return _header_of(message.header)
        case "misbehaviour":
            header_1 = _header_of(message.misbehaviour.header_1)
            header_2 = _header_of(message.misbehaviour.header_2)
            if header_1.account_proof or header_2.account_proof:
                raise MalformedHeader("evidence of misbehaviour carries no account proofs", expected=0)
            return QbftMisbehaviour(header_1, header_2)
        case _:
            raise MalformedHeader("client message is empty", expected="header or misbehaviour")


def encode_membership_proof(storage_proof: Sequence[bytes]) -> bytes:
    """The nodes of one storage proof, root first."""
    return deterministic_bytes(qbft_pb2.MembershipProof(storage_proof=storage_proof))


def decode_membership_proof(data: bytes) -> tuple[bytes, ...]:
    """The inverse."""
    message = strict_parse(qbft_pb2.MembershipProof, data, max_bytes=MAX_PROOF_BYTES)
    return tuple(message.storage_proof)


def _era_message(era: EngineEra) -> qbft_pb2.EngineEra:
    return qbft_pb2.EngineEra(
        from_block=era.from_block,
        engine=_ENGINES[era.engine],
        validator_contract=era.contract.address if era.contract else b"",
        validators_slot=era.contract.slot if era.contract else b"",
        proposer_check=_PROPOSER_CHECKS[era.proposer_check],
    )


def _era_of(message: qbft_pb2.EngineEra) -> EngineEra:
    engine, check = _ENGINE_OF.get(message.engine), _PROPOSER_CHECK_OF.get(message.proposer_check)
    if engine is None or check is None:
        raise MalformedHeader("era's engine or proposer check is unknown", expected="1..3 and 1..2", found=str(message))
    has_contract = message.validator_contract or message.validators_slot
    contract = ValidatorContract(message.validator_contract, message.validators_slot) if has_contract else None
    return EngineEra(message.from_block, engine, contract, check)


def _header_message(header: QbftHeader) -> qbft_pb2.Header:
    message = qbft_pb2.Header(
        header_rlp=header.header_rlp, trusted_height=header.trusted_height, account_proof=header.account_proof
    )
    if (proof := header.validators_proof) is not None:
        slots = [qbft_pb2.StorageProof(nodes=nodes) for nodes in proof.slots]
        message.validators_proof.CopyFrom(
            qbft_pb2.ValidatorsProof(
                parent_header_rlp=proof.parent_header_rlp, account_proof=proof.account_proof, slots=slots
            )
        )
    return message


def _header_of(message: qbft_pb2.Header) -> QbftHeader:
    validators_proof = None
    if message.HasField("validators_proof"):
        proof = message.validators_proof
        validators_proof = ValidatorsProof(
            proof.parent_header_rlp, _nodes(proof.account_proof), tuple(_nodes(slot.nodes) for slot in proof.slots)
        )
    return QbftHeader(message.header_rlp, message.trusted_height, _nodes(message.account_proof), validators_proof)


def _nodes(nodes: Sequence[bytes]) -> tuple[bytes, ...]:
    if len(nodes) > MAX_PROOF_NODES:
        raise MalformedHeader("proof has too many nodes", expected=f"at most {MAX_PROOF_NODES}", found=len(nodes))
    return tuple(nodes)
