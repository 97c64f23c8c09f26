"""estakit's engine: executes a plan with PyTorch (method: ESTA, arXiv 2311.17352)."""

__version__ = "0.1.0"
