"""The matching venue, pure: an order book is what its numbered events make of it; no clock, no dice, no I/O."""
