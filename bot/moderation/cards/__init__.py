"""Cards: what they show, where and when they are posted, shared cards, raids and rate limits."""
