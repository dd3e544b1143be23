"""Bank statements, and the payments that trades wait for."""
