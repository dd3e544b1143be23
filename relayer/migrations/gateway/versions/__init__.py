"""Steps of the gateway's tables, oldest first; made by ``scripts/gen_migration.py gateway NAME``."""
