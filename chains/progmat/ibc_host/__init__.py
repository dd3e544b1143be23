"""The ledger as an IBC host: where packets, light clients and proofs become ledger transactions, and back.

Builders here are pure: they put together what the contracts demand, from terms, resolved states and evidence. Which
light clients exist is an argument, the sealed registry; no light client is named here.
"""
