"""Events posted to platforms' own URLs: signed, in order, at least once, never skipped because a target is down."""
