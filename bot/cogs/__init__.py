"""Discord only: acknowledge, translate, call one service, render. No SQL, no rules."""
