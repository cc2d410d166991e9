"""Alarms of Amazon CloudWatch: a file for each area, one topic for all, and the dashboard that shows what they see."""
