"""What happened, as one digest; as lines too, for whoever replays a seed."""

from __future__ import annotations

from hashlib import blake2b


class Trace:
    """Equal digests: the same messages, commits and faults at the same times. ``lines`` stays empty unless ``kept``."""

    def __init__(self, kept: list[str] | None = None) -> None:
        self._digest = blake2b(digest_size=16)
        self.lines = kept
        self.events = 0

    def note(self, at_s: float, what: str, content: bytes = b"") -> None:
        """Something happened; ``content`` are the bytes it is about."""
        self.events += 1
        line = f"{at_s:.6f} {what} {len(content)}\n"
        self._digest.update(line.encode())
        self._digest.update(content)
        if self.lines is not None:
            self.lines.append(line.rstrip())

    @property
    def digest(self) -> str:
        """Hexadecimal."""
        return self._digest.hexdigest()
