"""The desk that settles native trades: from a resolved trade to its settlement or its named end."""
