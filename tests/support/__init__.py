"""What tests share: one synthesis per configuration, and ways to look at it."""
