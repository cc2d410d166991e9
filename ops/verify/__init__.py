"""``ops verify``: whether what was deployed works, from the load balancer to a task's log."""
