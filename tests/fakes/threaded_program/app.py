"""What the fork server loads."""

from __future__ import annotations

import threading

threading.Thread(target=threading.Event().wait, daemon=True).start()
