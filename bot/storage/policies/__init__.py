"""What belongs to policies beside their text, in SQL: pins, backtests, try-outs, costs, drift."""
