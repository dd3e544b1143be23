"""Every reason for which a call can be refused, in words: one table a layer, beside this file."""
