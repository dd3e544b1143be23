"""What the vault tells as messages of ``vault_service.proto`` and back: for the API's server and its client."""

from __future__ import annotations

from typing import Any, Final

from crossdvp.ledger.v1 import states_pb2 as pb_states
from crossdvp.ledger.v1 import vault_service_pb2 as pb

from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.contracts.terms_codec import account_from_message, account_to_message
from chains.progmat.transactions.model import StateRef
from chains.progmat.vault.entry_lines import CounterLeg, Entry, EntryKind, PastBalance, SeenUpdate, Update, Watched
from chains.progmat.vault.indexing import AccountAsset, Asset
from chains.progmat.vault.lines import AccountLine, Balance, Coin, CoinStatus, HoldLine, SoftLock
from ibc.dvp import CashAccount
from primitives.types import hash32

_NETWORK: Final = {network.name: int(network) for network in BusinessNetwork}
_NETWORK_OF: Final = {number: name for name, number in _NETWORK.items()}
_STATUS: Final = {status: f"COIN_STATUS_{status.value}" for status in CoinStatus}
_STATUS_OF: Final = {int(pb.CoinStatus.Value(name)): status for status, name in _STATUS.items()}
_KIND: Final = {kind: f"ENTRY_KIND_{kind.value}" for kind in EntryKind}
_KIND_OF: Final = {int(pb.EntryKind.Value(name)): kind for kind, name in _KIND.items()}


def network_to_message(network: str) -> Any:  # noqa: ANN401 # a generated enum's value, which is an int at run time
    """A business network by its name, or left out if empty."""
    return _NETWORK[network] if network else pb_states.BUSINESS_NETWORK_UNSPECIFIED


def ref_to_message(ref: StateRef) -> pb.StateReference:
    """A state's reference."""
    return pb.StateReference(tx_id=ref.tx_id, output_index=ref.index)


def ref_from_message(message: pb.StateReference) -> StateRef:
    """Raises ``ValueError`` if it is none."""
    return StateRef(hash32(message.tx_id), message.output_index)


def line_to_message(line: AccountLine) -> pb.VaultAccount:
    """One account's balance."""
    return pb.VaultAccount(
        **_asset_fields(line.asset),
        account=account_to_message(line.account),
        free=line.balance.free,
        reserved=line.balance.soft_locked,
        locked=line.balance.encumbered,
        coins=line.coins,
    )


def line_from_message(message: pb.VaultAccount) -> AccountLine:
    """As ``line_to_message``."""
    held = Balance(message.free, message.reserved, message.locked)
    return AccountLine(_asset_of(message), account_from_message(message.account), held, message.coins)


def coin_to_message(coin: Coin) -> pb.Coin:
    """A coin."""
    return pb.Coin(
        ref=ref_to_message(coin.ref),
        **_asset_fields(coin.asset),
        account=account_to_message(coin.account),
        amount=coin.amount,
        status=_STATUS[coin.status],
        reserved_by=coin.reserved_by,
        reserved_until_s=coin.reserved_until_s,
        trade_id=coin.trade_id,
    )


def coin_from_message(message: pb.Coin) -> Coin:
    """As ``coin_to_message``."""
    return Coin(
        ref=ref_from_message(message.ref),
        asset=_asset_of(message),
        account=account_from_message(message.account),
        amount=message.amount,
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
        amount=hold.amount,
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
        **_asset_fields(entry.account.asset),
        account=account_to_message(CashAccount(entry.account.node, entry.account.owner_key)),
        counterparty=None if entry.counterparty is None else account_to_message(CashAccount(*entry.counterparty)),
        received=entry.in_amount,
        given=entry.out_amount,
        locked_change=entry.locked_change_amount,
        balance=entry.balance_amount,
        locked=entry.locked_amount,
        counter_leg=None if entry.counter_leg is None else _leg_to_message(entry.counter_leg),
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
        account=_account_asset_of(message),
        counterparty=(other.node, other.key) if message.HasField("counterparty") else None,
        change_amount=message.received - message.given,
        locked_change_amount=message.locked_change,
        balance_amount=message.balance,
        locked_amount=message.locked,
        counter_leg=_leg_of(message.counter_leg) if message.HasField("counter_leg") else None,
    )


def _leg_to_message(leg: CounterLeg) -> pb.CounterLeg:
    account = account_to_message(CashAccount(leg.account.node, leg.account.owner_key))
    return pb.CounterLeg(**_asset_fields(leg.account.asset), account=account, change=leg.change_amount)


def _leg_of(message: pb.CounterLeg) -> CounterLeg:
    return CounterLeg(_account_asset_of(message), message.change)


def _account_asset_of(message: pb.Entry | pb.CounterLeg) -> AccountAsset:
    return AccountAsset(*_asset_of(message), message.account.node, message.account.key)


def _asset_fields(asset: Asset) -> dict[str, Any]:
    """What messages that name an asset have in common."""
    return {"network": _NETWORK[asset.network], "asset_id": asset.asset_id, "issuer": asset.issuer}


def _asset_of(message: pb.VaultAccount | pb.Coin | pb.Entry | pb.CounterLeg) -> Asset:
    return Asset(_NETWORK_OF[message.network], message.asset_id, message.issuer)


def past_from_message(message: pb.PastBalance) -> PastBalance:
    """As ``past_to_message``."""
    return PastBalance(message.balance, message.locked, message.sequence, message.recorded_ms)


def past_to_message(past: PastBalance) -> pb.PastBalance:
    """A balance as of a moment."""
    return pb.PastBalance(
        balance=past.balance_amount,
        locked=past.locked_amount,
        sequence=past.sequence,
        recorded_ms=past.recorded_ms,
    )


def watched_to_message(watched: Watched) -> pb.WatchUpdatesResponse:
    """A message of the stream, to be resumed after."""
    update = None if watched.update is None else _update_to_message(watched.update)
    return pb.WatchUpdatesResponse(sequence=watched.sequence, records_id=watched.records_id, update=update)


def _update_to_message(seen: SeenUpdate) -> pb.Update:
    update = seen.update
    return pb.Update(
        tx_id=update.tx_id,
        kind=_KIND[update.kind],
        recorded_ms=update.recorded_ms,
        journal_position=update.journal_position,
        entries=[entry_to_message(entry) for entry in seen.entries],
        made=[coin_to_message(coin) for coin in seen.made],
        consumed=[ref_to_message(ref) for ref in seen.consumed],
    )


def watched_from_message(message: pb.WatchUpdatesResponse) -> Watched:
    """As ``watched_to_message``."""
    if not message.HasField("update"):
        return Watched(message.sequence, None, message.records_id)
    said = message.update
    kind = _KIND_OF[said.kind]
    update = SeenUpdate(
        update=Update(message.sequence, said.tx_id, kind, said.recorded_ms, said.journal_position),
        entries=tuple(entry_from_message(entry) for entry in said.entries),
        made=tuple(coin_from_message(coin) for coin in said.made),
        consumed=tuple(ref_from_message(ref) for ref in said.consumed),
    )
    return Watched(message.sequence, update, message.records_id)
