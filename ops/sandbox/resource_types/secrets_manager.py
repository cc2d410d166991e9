"""Secrets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ops.sandbox.aws import Aws
from ops.sandbox.inputs import boolean
from ops.sandbox.resource_types.base import Deletion, Physical, Request, ResourceType
from ops.sandbox.resource_types.in_place import again, modify
from ops.sandbox.resource_types.tagging import tags

_GENERATOR = (
    "ExcludeCharacters",
    "ExcludeLowercase",
    "ExcludeNumbers",
    "ExcludePunctuation",
    "ExcludeUppercase",
    "IncludeSpace",
    "PasswordLength",
    "RequireEachIncludedType",
)


class Secret(ResourceType):
    name = "AWS::SecretsManager::Secret"
    in_place = (
        modify("secretsmanager", "update_secret", "Description", "KmsKeyId", by={"SecretId": "{ref}"}),
        # Another way to generate it is another value, which is generated at once.
        again(lambda request, physical: _put(request, physical.ref), "GenerateSecretString", "SecretString"),
        tags("secretsmanager", "{ref}"),
    )

    def create(self, request: Request) -> Physical:
        properties = request.properties
        secret = request.call(
            "secretsmanager",
            "create_secret",
            "Description",
            "KmsKeyId",
            "Tags",
            Name=properties.get("Name") or request.name(limit=255),
            SecretString=_value(request),
        )
        return Physical(ref=secret["ARN"], attributes={"Id": secret["ARN"]})

    def delete(self, deletion: Deletion) -> None:
        # CloudFormation leaves no time to recover.
        deletion.call("secretsmanager", "delete_secret", SecretId=deletion.ref, ForceDeleteWithoutRecovery=True)


class SecretTargetAttachment(ResourceType):
    """Writes what the database has become into its secret."""

    name = "AWS::SecretsManager::SecretTargetAttachment"

    def create(self, request: Request) -> Physical:
        properties = request.properties
        if properties["TargetType"] != "AWS::RDS::DBCluster":
            raise ValueError(f"a secret's target of type {properties['TargetType']} is not known to the sandbox")
        (cluster,) = request.aws.call("rds", "describe_db_clusters", DBClusterIdentifier=properties["TargetId"])[
            "DBClusters"
        ]
        secret = properties["SecretId"]
        held = json.loads(request.aws.call("secretsmanager", "get_secret_value", SecretId=secret)["SecretString"])
        held |= {
            "dbClusterIdentifier": cluster["DBClusterIdentifier"],
            "engine": "postgres",
            "host": cluster["Endpoint"],
            "port": cluster["Port"],
        }
        if "DatabaseName" in cluster:
            held["dbname"] = cluster["DatabaseName"]
        request.aws.call("secretsmanager", "put_secret_value", SecretId=secret, SecretString=json.dumps(held))
        return Physical(ref=secret)

    def delete(self, deletion: Deletion) -> None:
        """The secret goes by itself."""


def _value(request: Request) -> str:
    properties = request.properties
    return properties.get("SecretString") or _generate(request.aws, properties["GenerateSecretString"])


def _put(request: Request, secret: str) -> None:
    request.aws.call("secretsmanager", "put_secret_value", SecretId=secret, SecretString=_value(request))


def _generate(aws: Aws, generator: Mapping[str, Any]) -> str:
    options = {name: value for name, value in generator.items() if name in _GENERATOR}
    options = {
        name: value if name == "ExcludeCharacters" else int(value) if name == "PasswordLength" else boolean(value)
        for name, value in options.items()
    }
    rest = {name: value for name, value in generator.items() if name not in _GENERATOR}
    password: str = aws.call("secretsmanager", "get_random_password", **options)["RandomPassword"]
    template, key = rest.pop("SecretStringTemplate", None), rest.pop("GenerateStringKey", None)
    if rest:
        raise ValueError(f"property GenerateSecretString.{', '.join(rest)} is not known to the sandbox")
    return password if template is None else json.dumps({**json.loads(template), key: password})
