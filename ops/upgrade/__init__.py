"""``ops upgrade-check``: what a change of versions will do, before it is deployed."""
