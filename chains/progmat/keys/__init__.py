"""The key hierarchy: ``master key -> data key -> node and account keys``, each step authenticated with its context.

    context         what a wrapped key is bound to: node, purpose, key id, version
    envelopes       the one encoding of a wrapped data key and of a sealed key
    wrapper         the protocol of whoever keeps the master key; passphrase_wrapper, hsm_wrapper, aws_wrapper
    data_keys       opened data keys, kept in memory for a bounded time
    key_book        the store's file: rows, transactions, nothing opened
    hsm_token       one token of a PKCS#11 module; hsm_signer signs with keys that never leave it
    approver        keys of second approvers, which sign nothing but the acts they are for
    rotation        new master key, new data key, new passphrase
    investor_keys   one key an investor and version

``identity.KeyStore`` is what the rest of the node uses of it.
"""
