"""What the machine gives while a benchmark runs: its processors' speed, and the time of them that a process took."""
