"""What each kind of flow builds: the one table that names them all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chains.progmat.flows import (
    cash_builders,
    client_upkeep_builders,
    coin_acts,
    coin_builders,
    distribution_builders,
    execution_builders,
    ibc_builders,
    packet_builders,
    proposal_builders,
    registrar_builders,
    replacement_builders,
    securities_builders,
    token_builders,
    utility_builders,
)
from chains.progmat.flows.account_rotation import rotate_account_key
from chains.progmat.flows.building import Builder
from chains.progmat.flows.dvp_builder import settle_dvp
from chains.progmat.flows.member_builders import change_membership
from chains.progmat.flows.record import FlowKind
from chains.progmat.flows.suspension_builder import suspend_validator
from chains.progmat.flows.token_rotation import rotate_tokens

BUILDERS: Final[Mapping[FlowKind, Builder]] = {
    FlowKind.CHANGE_MEMBERSHIP: change_membership,
    FlowKind.SUSPEND_VALIDATOR: suspend_validator,
    FlowKind.ISSUE_CASH: cash_builders.issue_cash,
    FlowKind.MOVE_CASH: cash_builders.move_cash,
    FlowKind.REDEEM_CASH: cash_builders.redeem_cash,
    FlowKind.ROTATE_ACCOUNT_KEY: rotate_account_key,
    FlowKind.MERGE_CASH: cash_builders.merge_cash,
    FlowKind.LOCK_CASH: ibc_builders.lock_cash,
    FlowKind.CANCEL_TRADE: ibc_builders.cancel_trade,
    FlowKind.CREATE_LIGHT_CLIENT: ibc_builders.create_light_client,
    FlowKind.UPDATE_LIGHT_CLIENT: ibc_builders.update_light_client,
    FlowKind.SUBMIT_MISBEHAVIOUR: ibc_builders.submit_misbehaviour,
    FlowKind.RECOVER_LIGHT_CLIENT: client_upkeep_builders.recover_light_client,
    FlowKind.ENDORSE_LIGHT_CLIENT: client_upkeep_builders.endorse_light_client,
    FlowKind.PRUNE_LIGHT_CLIENT: client_upkeep_builders.prune_light_client,
    FlowKind.ACK_PACKET: ibc_builders.ack_packet,
    FlowKind.TIMEOUT_PACKET: ibc_builders.timeout_packet,
    FlowKind.RECEIVE_PACKET: packet_builders.receive_packet,
    FlowKind.ISSUE_TOKEN: token_builders.issue_token,
    FlowKind.MOVE_TOKEN: token_builders.move_token,
    FlowKind.REDEEM_TOKEN: token_builders.redeem_token,
    FlowKind.SETTLE_DVP: settle_dvp,
    FlowKind.REGISTER_SECURITY: securities_builders.register_security,
    FlowKind.AMEND_SECURITY: securities_builders.amend_security,
    FlowKind.RETIRE_SECURITY: securities_builders.retire_security,
    FlowKind.SET_GATE: securities_builders.set_gate,
    FlowKind.SET_NETWORK_CONTROL: securities_builders.set_network_control,
    FlowKind.FORCE_TOKEN: registrar_builders.force_token,
    FlowKind.FREEZE_TOKEN: registrar_builders.freeze_token,
    FlowKind.THAW_TOKEN: registrar_builders.thaw_token,
    FlowKind.CANCEL_TRANSFER: registrar_builders.cancel_transfer,
    FlowKind.PROPOSE_PACKAGE: proposal_builders.propose_package,
    FlowKind.VOTE_ON_PACKAGE: proposal_builders.vote_on_package,
    FlowKind.CLOSE_PROPOSAL: proposal_builders.close_proposal,
    FlowKind.CHANGE_NOTARY: replacement_builders.change_notary,
    FlowKind.UPGRADE_STATES: replacement_builders.upgrade_states,
    FlowKind.OPEN_DISTRIBUTION: distribution_builders.open_distribution,
    FlowKind.PAY_BATCH: distribution_builders.pay_batch,
    FlowKind.CANCEL_DISTRIBUTION: distribution_builders.cancel_distribution,
    FlowKind.USE_UTILITY: utility_builders.use_utility,
    FlowKind.EXPIRE_UTILITY: utility_builders.expire_utility,
    FlowKind.REGISTER_COIN: coin_builders.register_coin,
    FlowKind.AMEND_COIN: coin_builders.amend_coin,
    FlowKind.ADMIT_HOLDER: coin_builders.admit_holder,
    FlowKind.REMOVE_HOLDER: coin_builders.remove_holder,
    FlowKind.ROTATE_TOKENS: rotate_tokens,
    FlowKind.FREEZE_CASH: coin_acts.freeze_cash,
    FlowKind.THAW_CASH: coin_acts.thaw_cash,
    FlowKind.FORCE_CASH: coin_acts.force_cash,
    FlowKind.PUBLISH_EXECUTION: execution_builders.publish_execution,
    FlowKind.WITHDRAW_EXECUTION: execution_builders.withdraw_execution,
}
"""What each kind of flow builds; everything after that is the same for all."""
