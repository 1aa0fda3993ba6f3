"""What counts say: agreement, thresholds, what a score is worth, fairness, and a month to publish."""
