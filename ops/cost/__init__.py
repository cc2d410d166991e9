"""What a platform costs in a month: ``python -m ops cost``."""
