"""``crossdvp ledger fsck``: everything a node holds, verified again offline. Reads one snapshot, changes nothing."""

from chains.progmat.node.fsck.finding import Defect, Progress
from chains.progmat.node.fsck.run import Subject, check_database

__all__ = ["Defect", "Progress", "Subject", "check_database"]
