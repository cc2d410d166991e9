"""``ops mirror``: images and charts, from their publishers to the account's own registry."""
