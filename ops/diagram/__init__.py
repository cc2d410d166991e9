"""The picture of the architecture, drawn from a synthesized platform: ``make diagram``."""
