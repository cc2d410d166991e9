"""Lambda functions and layers."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from ops.sandbox.resource_types.base import Deletion, Physical, Request, ResourceType
from ops.sandbox.resource_types.in_place import again, modify
from ops.sandbox.resource_types.tagging import tags

# What can be changed later, too.
_CONFIGURATION = (
    "Description", "Environment", "Handler", "Layers", "LoggingConfig", "MemorySize", "Role", "Runtime", "Timeout",
    "VpcConfig",
)  # fmt: skip


class Function(ResourceType):
    name = "AWS::Lambda::Function"
    in_place = (
        modify(
            "lambda",
            "update_function_configuration",
            *_CONFIGURATION,
            by={"FunctionName": "{ref}"},
            absent={"Description": "", "Environment": {"Variables": {}}, "Layers": []},
        ),
        again(lambda request, physical: _put_code(request, physical.ref), "Code"),
        tags("lambda", "{physical[Arn]}"),
    )

    def create(self, request: Request) -> Physical:
        function = request.properties.get("FunctionName") or request.name(limit=64)
        created = request.call(
            "lambda",
            "create_function",
            *_CONFIGURATION,
            "Architectures",
            "EphemeralStorage",
            "Tags",
            FunctionName=function,
            Code=_code(request.properties["Code"], request.properties["Runtime"]),
        )
        return Physical(ref=function, attributes={"Arn": created["FunctionArn"]})

    def delete(self, deletion: Deletion) -> None:
        deletion.call("lambda", "delete_function", FunctionName=deletion.ref)


class LayerVersion(ResourceType):
    name = "AWS::Lambda::LayerVersion"

    def create(self, request: Request) -> Physical:
        layer = request.properties.get("LayerName") or request.name(limit=140)
        version = request.call(
            "lambda",
            "publish_layer_version",
            "CompatibleArchitectures",
            "CompatibleRuntimes",
            "Content",
            "Description",
            "LicenseInfo",
            LayerName=layer,
        )
        arn = version["LayerVersionArn"]
        return Physical(
            ref=arn, attributes={"LayerVersionArn": arn}, memory={"layer": layer, "version": version["Version"]}
        )

    def delete(self, deletion: Deletion) -> None:
        memory = deletion.physical.memory
        deletion.call("lambda", "delete_layer_version", LayerName=memory["layer"], VersionNumber=memory["version"])


def _put_code(request: Request, function: str) -> None:
    code = _code(request.properties["Code"], request.properties["Runtime"])
    request.aws.call_with_properties("lambda", "update_function_code", code, FunctionName=function)


def _code(code: dict[str, Any], runtime: str) -> dict[str, Any]:
    """The function's code. What stands in the template itself is made a file, as CloudFormation does."""
    if "ZipFile" not in code:
        return code
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("index.py" if runtime.startswith("python") else "index.js", code["ZipFile"])
    return {**code, "ZipFile": archive.getvalue()}
