"""The gateway's services as JSON over HTTP, for people without gRPC."""
