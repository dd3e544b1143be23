"""The vault: what a node holds. Plain functions on a database connection, called inside ``NodeDatabase`` operations.

Nothing is re-exported: programs outside show its rows (`lines`, `statement`, `paging`) and need no database for that.
"""
