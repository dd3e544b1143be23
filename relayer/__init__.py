"""The untrusted relayer, the gateway for ST platforms, and the command line."""
