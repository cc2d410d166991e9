"""The pinned releases: what is out of date, the charts themselves, and what is not pinned yet."""
