"""``crossdvp verify bundle FILE --trust FILE``: both legs of an ended settlement, offline, believing nobody's word.

The format is described in docs/proof-bundle.md. What a bundle is held against is the verifier's own: the trust file.
"""

from __future__ import annotations

from relayer.cli.verify.bundle.document import (
    BUNDLE_FORMAT,
    BUNDLE_VERSION,
    MAX_BUNDLE_BYTES,
    Bundle,
    Ending,
    read_bundle,
)
from relayer.cli.verify.bundle.trust import Trust, read_trust
from relayer.cli.verify.bundle.verification import BundleReport, verify_bundle

__all__ = [
    "BUNDLE_FORMAT",
    "BUNDLE_VERSION",
    "MAX_BUNDLE_BYTES",
    "Bundle",
    "BundleReport",
    "Ending",
    "Trust",
    "read_bundle",
    "read_trust",
    "verify_bundle",
]
