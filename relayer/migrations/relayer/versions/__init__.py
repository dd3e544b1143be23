"""Steps of the relayer's tables, oldest first; made by ``scripts/gen_migration.py relayer NAME``."""
