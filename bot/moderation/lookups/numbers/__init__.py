"""Statistics: agreement, thresholds, calibration of scores, fairness, and the monthly transparency report."""
