"""The ``crossdvp`` command line. Exit codes: 0 done or holds, 1 refused, 2 not understood."""
