"""One file per Kubernetes component: a cdk8s chart that emits its Helm release and its objects.

Nothing here imports aws_cdk: a chart takes plain values, so it can be built, tested and read without a stack.
"""
