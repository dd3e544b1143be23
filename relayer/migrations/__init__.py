"""The history of the relayer's and the gateway's tables: one numbered step a file, for both databases."""
