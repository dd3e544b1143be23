"""What the fork server loads."""

from __future__ import annotations

import os

LOADED_BY = os.getpid()
os.environ.setdefault("SET_WHILE_LOADED", "yes")
