"""What a monitoring system sees: Prometheus metrics, and whether the bot is alive and ready. No ids, names or texts."""
