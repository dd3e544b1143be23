"""What the fork server is asked and answers: one JSON object a line, over its standard input and output."""

from __future__ import annotations

from enum import Enum
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
