"""A Validator: approves transactions with provable writes, follows the journal, signs checkpoints, proves paths.

    approver           peers ask for a signature over a whole transaction, before notarisation
    journal_tail       reads the notary's journal, checks every entry (journal_check), applies it (ledger_view)
    checkpoint_signer  signs what ledger_view holds at a height, once and for ever (signing_log)
    rpc_validator      heads, signatures and proofs for relayers, over gRPC

Everything that signs goes through one `SigningGate`: seen misbehaviour of the notary closes it until an operator acts.
"""

from __future__ import annotations
