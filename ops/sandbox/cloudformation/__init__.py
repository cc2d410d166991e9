"""A small CloudFormation: templates, intrinsic functions, stacks, nested stacks, custom resources, and its API.

It creates, updates, rolls back and deletes. What it can change in place are custom resources and nested stacks: for the
other types an update ends with the names of what changed.
"""
