"""Emergency files at the registrar's node: kept as uploaded, so that people agree on one by its two hashes."""

from __future__ import annotations

import zlib

from sqlalchemy import Connection, and_, select

from chains.progmat.market.emergency.chain import verified
from chains.progmat.market.emergency.errors import OutageUnknown
from chains.progmat.market.emergency.model import EmergencyFile
from chains.progmat.market.emergency.schema import files
from chains.progmat.node.storage import insert


def keep_file(connection: Connection, file: EmergencyFile, content: bytes) -> None:
    """Keep a verified file; one that is kept already stays as it is."""
    row = {"outage_id": file.outage_id, "head": file.head, "content": zlib.compress(content)}
    connection.execute(insert(files).values(row).on_conflict_do_nothing())


def kept_file(connection: Connection, outage_id: bytes, head: bytes) -> EmergencyFile:
    """Verified again. Raises ``OutageUnknown``, ``EmergencyFileAltered`` (it was changed in the database)."""
    query = select(files.c.content).where(and_(files.c.outage_id == outage_id, files.c.head == head))
    content = connection.execute(query).scalar_one_or_none()
    if content is None:
        raise OutageUnknown(outage_id)
    return verified(zlib.decompress(content))
