"""Steps, oldest first by their numbers; made by ``scripts/gen_migration.py node NAME``."""
