"""Discord's side of trials: testing a draft, try-outs, backtests."""
