"""One top-level stack, and a nested stack per concern."""
