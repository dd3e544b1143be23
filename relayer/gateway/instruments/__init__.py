"""Instruments: token contracts with their adapters, as their chain describes them and a platform calls them."""
