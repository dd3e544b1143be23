"""Lines at which a kill test lets the relayer die, by SIGKILL to itself: nothing is flushed, nothing is closed."""

from __future__ import annotations

from enum import Enum


class CrashPoint(Enum):
    """The value is what ``kill_at`` of the configuration names."""

    AFTER_OBSERVE = "after_observe"
    BEFORE_RECEIVE = "before_receive"
    AFTER_RECEIVE = "after_receive"
    BEFORE_ACKNOWLEDGE = "before_acknowledge"
    AFTER_ACKNOWLEDGE = "after_acknowledge"
    BEFORE_TIME_OUT = "before_time_out"
    AFTER_TIME_OUT = "after_time_out"
    AFTER_ANSWERS_STORED = "after_answers_stored"
    BEFORE_REFRESH = "before_refresh"
    AFTER_REFRESH = "after_refresh"
