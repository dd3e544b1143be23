"""What the system tells about a process, by its number: /proc of Linux."""

from __future__ import annotations

from pathlib import Path


def started_ticks_of(pid: int) -> int | None:
    """When a process began, in clock ticks after the machine's start; None if it is gone, or there is no /proc."""
    found = stat_of(pid)
    return None if found is None else found[1]


def stat_of(pid: int) -> tuple[str, int] | None:
    """A process's state (``Z``: has ended and waits to be reaped) and ``started_ticks``; None as above."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()  # from the third field on: the second is a name in brackets
    return fields[0], int(fields[19])
