"""Watching both chains for signers who contradict themselves, and reporting what is found without being told to.

``header_watch``: what the ledger's light client stored, against the EVM chain's own blocks. ``checkpoint_watch``: what
Validators say, against each other and against what the EVM chain's light client stored. ``alarms``: what people should
look at. ``service`` runs them; ``ports`` is what they need of the two chains.

Nothing here is trusted: whoever receives a report verifies the evidence in it.
"""
