"""Judging: from a message seen to a verdict, a plan, and carrying out the plan."""
