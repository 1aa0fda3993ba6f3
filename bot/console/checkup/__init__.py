"""The checks that `bylaw doctor` makes."""
