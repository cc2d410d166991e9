"""An in-memory AWS on loopback, in which ``cdk bootstrap``, ``cdk deploy`` and ``cdk destroy`` run for real.

What plays which part:

- moto's server plays the services (EC2, IAM, RDS, …); ``moto_patches`` mends what it lacks.
- ``cloudformation`` is a small CloudFormation of its own, because moto's loses outputs, hangs on custom resources,
  cannot delete most of a network, and skips in silence what it does not know. It makes each resource by calling its
  service.
- ``resource_types`` says, for each CloudFormation type, which calls these are.
- ``lambda_runtime`` runs Lambda functions in processes of this machine.
- ``pretend_cluster`` stands in for ``kubectl``, ``helm`` and ``aws``, which the CDK's own functions call.
"""
