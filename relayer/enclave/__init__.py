"""Light clients inside enclaves: the program, the process around it, its backends, and the simulation of hardware."""
