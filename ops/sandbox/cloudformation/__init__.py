"""A small CloudFormation: templates, intrinsic functions, stacks, nested stacks, custom resources, and its API.

It creates, rolls back and deletes. It does not update: two assemblies are compared with ``cdk diff`` instead.
"""
