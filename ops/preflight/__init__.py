"""``ops preflight``: whether a deployment with these settings will work, in this account and region."""
