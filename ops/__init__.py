"""The command line beside ``cdk``: what a person asks before, during and after a deployment."""
