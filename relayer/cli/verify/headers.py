"""``crossdvp verify header FILE.json``: block headers of BFT chains, alone or from a trusted state on."""

from __future__ import annotations

from relayer.cli.verify.json_reader import JsonField
from relayer.cli.verify.lone_header import check_lone_header
from relayer.cli.verify.report import VerifyReport
from relayer.cli.verify.trusted_headers import verify_from_trusted


def verify_header_file(data: object) -> VerifyReport:
    """A file with ``trusted`` is verified from there, headers, proofs and all; any other is a lone header.

    A lone header is held against its own validators, which says that they sealed it and not that they may. Raises
    Refused, Unreadable.
    """
    file = JsonField(data)
    if file.has("trusted"):
        return verify_from_trusted(file)
    _, facts = check_lone_header(file)
    return VerifyReport(facts)
