"""The ``crossdvp`` command line. Exit codes: 0 done or holds, 1 refused (with the reason), 2 not understood or unreadable."""
