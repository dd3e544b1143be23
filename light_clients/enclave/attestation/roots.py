"""Roots that production pins: the SHA-256 of the makers' root certificates (DER).

A root is trusted by its pin alone. The simulation has a root of its own, whose pin is in no production configuration:
there is no flag that admits it.
"""

from __future__ import annotations

from typing import Final

INTEL_SGX_ROOT_PIN: Final = bytes.fromhex("44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3")
"""Intel SGX Root CA."""
AWS_NITRO_ROOT_PIN: Final = bytes.fromhex("641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b")
"""AWS Nitro Enclaves root G1."""

PRODUCTION_ROOT_PINS: Final = frozenset({INTEL_SGX_ROOT_PIN, AWS_NITRO_ROOT_PIN})
