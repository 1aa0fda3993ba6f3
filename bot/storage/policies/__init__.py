"""What belongs to policies besides their texts, in SQL: pins, backtests, try-outs, costs, drift."""
