"""ISO 20022 messages of brokers to and from settlements: pure translation, no I/O. docs/iso20022.md has the mapping.

What a message says twice must be equal; what this profile does not use is refused rather than ignored, for a field
that is dropped in silence is an instruction that is half understood.
"""
