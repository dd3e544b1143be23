"""A program that must not be forked: it starts a thread while it is loaded."""
