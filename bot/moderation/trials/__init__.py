"""Trying a draft before it counts: side by side, try-outs, backtests, drift, costs."""
