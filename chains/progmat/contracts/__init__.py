"""The ledger's contracts: cash, the DvP lock, trade cancellation, light clients, membership, tokens, native DvP.

A contract is a pure function from a resolved transaction to "allowed" or a named error.
``verification.verify_ledger_tx`` runs the platform's rules and every contract concerned; ``package.ContractPackage`` is
the sealed set of them.
"""
