"""Monitoring: Prometheus metrics, liveness and readiness. No ids, names or texts."""
