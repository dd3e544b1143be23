"""What a year costs a broker today, and what it would cost on the ledgers."""
