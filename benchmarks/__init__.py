"""Measurements against MLflow's own client, on the same store in the same run, reported as ratios."""
