"""Coupons, distributions and grants: amounts by a written rule, orders of a registrar, payment batch after batch."""
