"""Offline verifiers: pure functions from JSON to a report of what holds, or to the reason why something does not.

Nothing is asked of any network. The command line gives them files and turns Refused into exit code 1, Unreadable into
2.
"""
