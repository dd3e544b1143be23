"""The type of parsed JSON, shared by the client and the devnet."""

from __future__ import annotations

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
"""What `json.loads` can return."""
