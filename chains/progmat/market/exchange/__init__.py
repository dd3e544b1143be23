"""The exchange (取引所, PTS): a venue that matches orders, and the brokers' side that finds whose an execution is."""
