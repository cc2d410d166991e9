"""Runs Lambda functions in processes of this machine, in place of moto's Docker containers."""

from ops.sandbox.lambda_runtime.functions import Functions

__all__ = ["Functions"]
