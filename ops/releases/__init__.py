"""The pinned releases: fetch the charts, and fill in what is not pinned yet."""
