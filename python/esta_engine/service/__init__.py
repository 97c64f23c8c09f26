"""Runs as processes: the run folder, checkpoints, signals, jobs and queries."""
