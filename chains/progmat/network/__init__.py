"""What the members of a network agree on, and how it changes while they work.

parameters_source  what the rest of a node asks: which parameters are in force, which does a transaction pin
parameters_book    the epochs one node knows, and which of them its operator accepted; durable
map_book           the signed network map one node knows, durable; a directory that changes under its readers
keeping            the files of both books
learning           asks peers for epochs and maps that are newer; believes signatures only
rpc_network        status, offers and acceptance, over gRPC
"""
