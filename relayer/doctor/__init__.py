"""Can this relayer work? Everything its configuration names is dialled and asked; each answer is a finding.

`examine_relayer` asks them all. What fails does not keep the rest from being asked, and every finding that is not good
says what to do.
"""

from __future__ import annotations

from relayer.doctor.examine import RelayerExamination, examine_relayer
from relayer.doctor.files import examine_files

__all__ = ["RelayerExamination", "examine_files", "examine_relayer"]
