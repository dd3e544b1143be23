"""A node's process: transport to its peers, its database, its configuration and its composition root."""
