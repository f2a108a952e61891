"""Model Review: review a machine-learning model before it ships, the way code is reviewed."""

__version__ = "0.1.0"
