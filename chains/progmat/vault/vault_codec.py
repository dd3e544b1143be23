"""What the vault tells as messages of ``vault_service.proto`` and back: for the API's server and its client."""

from __future__ import annotations

from typing import Final

from crossdvp.ledger.v1 import vault_service_pb2 as pb

from chains.progmat.contracts.terms_codec import account_from_message, account_to_message
from chains.progmat.transactions.model import StateRef
from chains.progmat.vault.books import EntryKind
from chains.progmat.vault.cash import Balance
from chains.progmat.vault.indexing import AccountAsset
from chains.progmat.vault.listing import AccountLine, Coin, CoinStatus, HoldLine, SoftLock
from chains.progmat.vault.statement import Entry, PastBalance
from chains.progmat.vault.updates import Update
from chains.progmat.vault.watching import SeenUpdate, Watched
from ibc.dvp import CashAccount
from primitives.types import hash32

_STATUS: Final = {status: f"COIN_STATUS_{status.value}" for status in CoinStatus}
_STATUS_OF: Final = {int(pb.CoinStatus.Value(name)): status for status, name in _STATUS.items()}
_KIND: Final = {kind: f"ENTRY_KIND_{kind.value}" for kind in EntryKind}
_KIND_OF: Final = {int(pb.EntryKind.Value(name)): kind for kind, name in _KIND.items()}


def ref_to_message(ref: StateRef) -> pb.StateReference:
    """A state's reference."""
    return pb.StateReference(tx_id=ref.tx_id, output_index=ref.index)


def ref_from_message(message: pb.StateReference) -> StateRef:
    """Raises ``ValueError`` if it is none."""
    return StateRef(hash32(message.tx_id), message.output_index)


def line_to_message(line: AccountLine) -> pb.VaultAccount:
    """One account's balance."""
    return pb.VaultAccount(
        coin_id=line.coin_id,
        issuer=line.issuer,
        account=account_to_message(line.account),
        free_yen=line.balance.free_yen,
        reserved_yen=line.balance.soft_locked_yen,
        locked_yen=line.balance.encumbered_yen,
        coins=line.coins,
    )


def line_from_message(message: pb.VaultAccount) -> AccountLine:
    """As ``line_to_message``."""
    held = Balance(message.free_yen, message.reserved_yen, message.locked_yen)
    return AccountLine(message.coin_id, message.issuer, account_from_message(message.account), held, message.coins)


def coin_to_message(coin: Coin) -> pb.Coin:
    """A coin."""
    return pb.Coin(
        ref=ref_to_message(coin.ref),
        coin_id=coin.coin_id,
        issuer=coin.issuer,
        account=account_to_message(coin.account),
        amount_yen=coin.amount_yen,
        status=_STATUS[coin.status],
        reserved_by=coin.reserved_by,
        reserved_until_s=coin.reserved_until_s,
        trade_id=coin.trade_id,
    )


def coin_from_message(message: pb.Coin) -> Coin:
    """As ``coin_to_message``."""
    return Coin(
        ref=ref_from_message(message.ref),
        coin_id=message.coin_id,
        issuer=message.issuer,
        account=account_from_message(message.account),
        amount_yen=message.amount_yen,
        status=_STATUS_OF[message.status],
        reserved_by=message.reserved_by,
        reserved_until_s=message.reserved_until_s,
        trade_id=message.trade_id,
    )


def hold_to_message(hold: HoldLine) -> pb.VaultHold:
    """A hold with its coins."""
    return pb.VaultHold(
        trade_id=hold.trade_id,
        lock=ref_to_message(hold.lock),
        client_id=hold.client_id,
        packet_sequence=hold.packet_sequence,
        timeout_s=hold.timeout_s,
        issuer=hold.issuer,
        buyer_node=hold.buyer_node,
        seller_node=hold.seller_node,
        coins=[coin_to_message(coin) for coin in hold.coins],
        amount_yen=hold.amount_yen,
    )


def hold_from_message(message: pb.VaultHold) -> HoldLine:
    """As ``hold_to_message``."""
    return HoldLine(
        lock=ref_from_message(message.lock),
        trade_id=message.trade_id,
        client_id=message.client_id,
        packet_sequence=message.packet_sequence,
        timeout_s=message.timeout_s,
        issuer=message.issuer,
        buyer_node=message.buyer_node,
        seller_node=message.seller_node,
        coins=tuple(coin_from_message(coin) for coin in message.coins),
    )


def soft_lock_to_message(lock: SoftLock) -> pb.SoftLock:
    """A reservation."""
    return pb.SoftLock(
        flow_id=lock.flow_id,
        expires_s=lock.expires_s,
        ref=ref_to_message(lock.ref),
        state_kind=lock.state_kind,
        coin=None if lock.coin is None else coin_to_message(lock.coin),
    )


def soft_lock_from_message(message: pb.SoftLock) -> SoftLock:
    """As ``soft_lock_to_message``."""
    coin = coin_from_message(message.coin) if message.HasField("coin") else None
    return SoftLock(message.flow_id, message.expires_s, ref_from_message(message.ref), message.state_kind, coin)


def entry_to_message(entry: Entry) -> pb.Entry:
    """A line of a statement."""
    return pb.Entry(
        sequence=entry.sequence,
        tx_id=entry.tx_id,
        kind=_KIND[entry.kind],
        recorded_ms=entry.recorded_ms,
        journal_position=entry.journal_position,
        coin_id=entry.account.asset_id,
        issuer=entry.account.issuer,
        account=account_to_message(CashAccount(entry.account.node, entry.account.owner_key)),
        counterparty=None if entry.counterparty is None else account_to_message(CashAccount(*entry.counterparty)),
        in_yen=entry.in_amount,
        out_yen=entry.out_amount,
        locked_change_yen=entry.locked_change_amount,
        balance_yen=entry.balance_amount,
        locked_yen=entry.locked_amount,
    )


def entry_from_message(message: pb.Entry) -> Entry:
    """As ``entry_to_message``."""
    other = message.counterparty
    return Entry(
        sequence=message.sequence,
        tx_id=message.tx_id,
        kind=_KIND_OF[message.kind],
        recorded_ms=message.recorded_ms,
        journal_position=message.journal_position,
        account=AccountAsset(message.coin_id, message.issuer, message.account.node, message.account.key),
        counterparty=(other.node, other.key) if message.HasField("counterparty") else None,
        change_amount=message.in_yen - message.out_yen,
        locked_change_amount=message.locked_change_yen,
        balance_amount=message.balance_yen,
        locked_amount=message.locked_yen,
    )


def past_from_message(message: pb.PastBalance) -> PastBalance:
    """As ``past_to_message``."""
    return PastBalance(message.balance_yen, message.locked_yen, message.sequence, message.recorded_ms)


def past_to_message(past: PastBalance) -> pb.PastBalance:
    """A balance as of a moment."""
    return pb.PastBalance(
        balance_yen=past.balance_amount,
        locked_yen=past.locked_amount,
        sequence=past.sequence,
        recorded_ms=past.recorded_ms,
    )


def update_to_message(seen: SeenUpdate) -> pb.WatchUpdatesResponse:
    """An update, to be resumed after."""
    update = seen.update
    return pb.WatchUpdatesResponse(
        sequence=update.sequence,
        update=pb.Update(
            tx_id=update.tx_id,
            kind=_KIND[update.kind],
            recorded_ms=update.recorded_ms,
            journal_position=update.journal_position,
            entries=[entry_to_message(entry) for entry in seen.entries],
            made=[coin_to_message(coin) for coin in seen.made],
            consumed=[ref_to_message(ref) for ref in seen.consumed],
        ),
    )


def watched_from_message(message: pb.WatchUpdatesResponse) -> Watched:
    """A message of the stream."""
    if not message.HasField("update"):
        return Watched(message.sequence, None)
    said = message.update
    kind = _KIND_OF[said.kind]
    update = SeenUpdate(
        update=Update(message.sequence, said.tx_id, kind, said.recorded_ms, said.journal_position),
        entries=tuple(entry_from_message(entry) for entry in said.entries),
        made=tuple(coin_from_message(coin) for coin in said.made),
        consumed=tuple(ref_from_message(ref) for ref in said.consumed),
    )
    return Watched(message.sequence, update)
