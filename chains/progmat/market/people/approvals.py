"""Approvals: an act that one person proposes and another one approves, executed once.

| status | meaning | next |
|---|---|---|
| PROPOSED | waits for somebody with the role who is not its author | APPROVED, REJECTED, WITHDRAWN, expired |
| APPROVED | its author may carry out exactly this request | EXECUTED, expired |
| EXECUTED | carried out; the same request again is the same act | |
| REJECTED, WITHDRAWN | over | |

Whoever approves names the hash of what he has read; what is carried out must have that hash, too. Acts on this node's
own tables are carried out in the transaction of the approval (``carry_out``), others by a call that brings it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, RowMapping, insert, select, update

from chains.progmat.market.people.acts import Act, checked_staff_id, has_users, require_two, roles_of
from chains.progmat.market.people.errors import ApprovalRefused, ApprovalUnknown, StaffRoleMissing
from chains.progmat.market.people.staff_roles import ACTS, REPEATED
from chains.progmat.market.people.statuses import ApprovalStatus, Decision
from chains.progmat.market.people.tables import approvals
from primitives.hashing import sha256

DEFAULT_LIFE_S: Final = 3 * 86_400
MOST_REQUEST_BYTES: Final = 64 * 1024
ID_BYTES: Final = 16
_ID: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Approval:
    """A row. ``request``: canonical bytes, empty once its subject was erased; times in Unix seconds, 0 = not yet."""

    approval_id: str
    act: str
    subject: str
    request: bytes
    request_hash: bytes
    author: str
    why: str
    proposed_s: int
    expires_s: int
    status: ApprovalStatus
    approver: str
    decided_s: int
    executed_s: int

    @property
    def request_id(self) -> str:
        """Under which a flow that carries it out is asked for: so it happens once."""
        return f"approval-{self.approval_id}"

    @property
    def by(self) -> Act:
        """Both people."""
        return Act(self.author, self.approver, self.why)


CarryOut = Callable[[Connection, Approval, int], None]
"""Does the act of an approval that was just approved; at a time (Unix seconds)."""


def request_hash(act: str, request: bytes) -> bytes:
    """What an approver signs off: the act and its request, together."""
    name = act.encode()
    return sha256(b"crossdvp/approval/1" + len(name).to_bytes(4, "big") + name + request)


def propose(
    connection: Connection, approval_id: str, act: str, subject: str, request: bytes, by: Act, now_s: int
) -> Approval:
    """Store a proposal of ``by.staff_id``, whose roles the caller has checked. Raises ``ApprovalRefused``."""
    if not _ID.fullmatch(approval_id):
        raise ApprovalRefused(approval_id[:40], f"expected {2 * ID_BYTES} hexadecimal digits as its id")
    if len(request) > MOST_REQUEST_BYTES:
        raise ApprovalRefused(approval_id, f"expected at most {MOST_REQUEST_BYTES} bytes, found {len(request)}")
    if not ACTS[act].approvers:
        raise ApprovalRefused(approval_id, f"{act} needs no approval")
    approval = Approval(
        approval_id,
        act,
        subject,
        request,
        request_hash(act, request),
        by.staff_id,
        by.reason,
        now_s,
        now_s + DEFAULT_LIFE_S,
        ApprovalStatus.PROPOSED,
        "",
        0,
        0,
    )
    values = {name: getattr(approval, name) for name in approval.__slots__} | {"status": approval.status.value}
    connection.execute(insert(approvals).values(values))
    return approval


def decide(
    connection: Connection,
    approval_id: str,
    decision: Decision,
    staff_id: str,
    seen_hash: bytes,
    now_s: int,
    carry_out: Mapping[str, CarryOut],
) -> Approval:
    """What became of a proposal. ``seen_hash``: of what the decider has read.

    Raises ``ApprovalUnknown``, ``ApprovalRefused``, leaves of ``ActRefused``, and what the act itself raises.
    """
    approval = found(connection, approval_id)
    _require_open(approval, ApprovalStatus.PROPOSED, now_s)
    if seen_hash != approval.request_hash:
        raise ApprovalRefused(approval_id, "what you have read is not what was proposed")
    if decision is Decision.APPROVE:
        require_two(connection, approval.act, approval.author, staff_id)
        approved = _moved(connection, approval, ApprovalStatus.APPROVED, approver=staff_id, decided_s=now_s)
        if approved.act not in carry_out:
            return approved
        carry_out[approved.act](connection, approved, now_s)
        return _moved(connection, approved, ApprovalStatus.EXECUTED, executed_s=now_s)
    if decision is Decision.WITHDRAW:
        if staff_id != approval.author:
            raise ApprovalRefused(approval_id, "only its author withdraws it; others reject it")
        return _moved(connection, approval, ApprovalStatus.WITHDRAWN, decided_s=now_s)
    _require_approver(connection, approval, staff_id)
    return _moved(connection, approval, ApprovalStatus.REJECTED, approver=staff_id, decided_s=now_s)


def use(connection: Connection, approval_id: str, act: str, request: bytes, author: str, now_s: int) -> Approval:
    """Carry out an approved request: the first time marks it; later it is the same act, or refused (``REPEATED``).

    Author and approver are checked again: somebody may have lost a role meanwhile. Raises as ``decide``.
    """
    approval = found(connection, approval_id)
    if approval.status is not ApprovalStatus.EXECUTED:
        _require_open(approval, ApprovalStatus.APPROVED, now_s)
    if approval.act != act:
        raise ApprovalRefused(approval_id, f"it approves {approval.act}, not {act}")
    if request_hash(act, request) != approval.request_hash:
        raise ApprovalRefused(approval_id, "the request is not the one that was approved: it was changed")
    if approval.author != author:
        raise ApprovalRefused(approval_id, f"its author is {approval.author}, not {author}")
    require_two(connection, act, approval.author, approval.approver)
    if approval.status is ApprovalStatus.EXECUTED:
        if act not in REPEATED:
            raise ApprovalRefused(approval_id, f"it was used, and {act} again might undo what came since: propose anew")
        return approval
    return _moved(connection, approval, ApprovalStatus.EXECUTED, executed_s=now_s)


def found(connection: Connection, approval_id: str) -> Approval:
    """The row; raises ``ApprovalUnknown``."""
    row = connection.execute(select(approvals).where(approvals.c.approval_id == approval_id)).mappings().first()
    if row is None:
        raise ApprovalUnknown(approval_id)
    return _approval(row)


def listed(connection: Connection, status: ApprovalStatus | None, limit: int) -> list[Approval]:
    """The newest first, of one status or of all."""
    query = select(approvals).order_by(approvals.c.proposed_s.desc(), approvals.c.approval_id).limit(limit)
    if status is not None:
        query = query.where(approvals.c.status == status.value)
    return [_approval(row) for row in connection.execute(query).mappings()]


def erase_requests(connection: Connection, subject: str, but: str = "") -> int:
    """Delete what was asked for about a subject that is erased; what is open is withdrawn. The hashes stay.

    ``but``: the id of the approval that demands it, which says nothing personal and stays.
    """
    about = approvals.c.subject == subject, approvals.c.approval_id != but
    open_ones = approvals.c.status.in_([ApprovalStatus.PROPOSED.value, ApprovalStatus.APPROVED.value])
    connection.execute(update(approvals).where(*about, open_ones).values(status=ApprovalStatus.WITHDRAWN.value))
    connection.execute(update(approvals).where(approvals.c.subject == subject).values(why=""))
    return connection.execute(update(approvals).where(*about).values(request=b"")).rowcount


def _require_open(approval: Approval, expected: ApprovalStatus, now_s: int) -> None:
    if approval.status is not expected:
        raise ApprovalRefused(approval.approval_id, f"expected {expected.value}, found {approval.status.value}")
    if now_s >= approval.expires_s:
        raise ApprovalRefused(approval.approval_id, f"it expired at {approval.expires_s} (Unix seconds)")


def _require_approver(connection: Connection, approval: Approval, staff_id: str) -> None:
    checked_staff_id(staff_id)
    if not has_users(connection):
        return
    allowed, has = ACTS[approval.act].approvers, roles_of(connection, staff_id)
    if not has & allowed:
        expected, names = (tuple(sorted(role.value for role in each)) for each in (allowed, has))
        raise StaffRoleMissing(staff_id, approval.act, expected, names)


def _moved(connection: Connection, approval: Approval, status: ApprovalStatus, **values: object) -> Approval:
    at = approvals.c.approval_id == approval.approval_id, approvals.c.status == approval.status.value
    connection.execute(update(approvals).where(*at).values(status=status.value, **values))
    return found(connection, approval.approval_id)


def _approval(row: RowMapping) -> Approval:
    return Approval(**{**row, "status": ApprovalStatus(row["status"])})  # the columns are the fields
