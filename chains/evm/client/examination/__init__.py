"""Can this node serve? Every question is asked of the node itself; nothing is taken from its name or version.

`examine` asks all of them. A question that fails does not keep the others from being asked.
"""

from __future__ import annotations

from chains.evm.client.examination.examine import ConsensusWanted, Examinee, examine
from chains.evm.client.examination.findings import Examination, Finding, Fitness

__all__ = ["ConsensusWanted", "Examination", "Examinee", "Finding", "Fitness", "examine"]
