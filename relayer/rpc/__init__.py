"""What every call to one of our gRPC servers passes on its way to a servicer: one idea a module."""
