"""Proof bundles: collected from both ledgers, written as JSON, held against themselves before they are handed out."""
