"""What an operator runs beside its enclave: answers for the key inside, and keeps it registered on the EVM chain.

Outside the enclave, with the operator's own key, and never on the relayer's side.
"""
