"""What the fork server is asked and answers: one JSON object a line, over its standard input and output."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

MAX_REQUEST_BYTES: Final = 1024 * 1024
"""Of a line with its end. An environment is a few thousand bytes; no system takes more than 2 MiB of it."""
MAX_ANSWER_BYTES: Final = 1024


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    def line(self) -> bytes:
        """As it is sent. Raises ``ValueError``: a text that is no UTF-8 (names of files may be such)."""
        return self.model_dump_json().encode() + b"\n"


class Load(_Message):
    """Load programs now; a program is a package that ``python -m`` runs and that has a module ``app``."""

    load: tuple[str, ...]


class Start(_Message):
    """Run ``python -m PROGRAM ARGUMENTS`` in that directory and that environment, logging to a file (appended)."""

    program: str
    arguments: tuple[str, ...]
    cwd: str
    environment: dict[str, str]
    log: str


class Started(_Message):
    """A process that runs. ``started_ticks``: clock ticks between the machine's start and the process's."""

    pid: int
    started_ticks: int


class Refused(Enum):
    """Why the fork server did not do it. Whoever asked starts the program without it."""

    MALFORMED = "malformed"
    TOO_LARGE = "too large"
    NOT_LOADABLE = "not loadable"
    HAS_THREADS = "has threads"
    """Something that was loaded has begun a thread: a fork would lose it, in the middle of whatever it does."""
    NOT_STARTABLE = "not startable"


class Answer(_Message):
    """To each request, in their order. Neither of both: loaded."""

    started: Started | None = None
    refused: Refused | None = Field(default=None, strict=False)  # a member, by its value


REQUESTS: Final[TypeAdapter[Load | Start]] = TypeAdapter(Load | Start)


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
