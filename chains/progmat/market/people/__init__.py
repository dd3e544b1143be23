"""The people of a node: users, roles, approvals, audit."""
