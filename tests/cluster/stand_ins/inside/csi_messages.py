"""In the cluster: the messages of CSI 1.x and of kubelet's registration of plugins, as far as they are used.

Their classes are made from a table instead of by a compiler. It does not play: fields that nobody here reads.
"""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_STRING, _BOOL = "string", "bool"
# Of the messages of CSI 1.x and of kubelet's registration, the fields that are used, with their numbers.
MESSAGES: dict[str, dict[str, tuple[int, str]]] = {
    "Empty": {},
    "PluginInfo": {"name": (1, _STRING), "vendor_version": (2, _STRING)},
    "NodeInfo": {"node_id": (1, _STRING)},
    "Publish": {"volume_id": (1, _STRING), "target_path": (4, _STRING), "readonly": (6, _BOOL)},
    "Unpublish": {"volume_id": (1, _STRING), "target_path": (2, _STRING)},
    "Registration": {"type": (1, _STRING), "name": (2, _STRING), "endpoint": (3, _STRING), "versions": (4, "repeated")},
    "Registered": {"plugin_registered": (1, _BOOL), "error": (2, _STRING)},
}


def _messages() -> dict[str, Any]:
    """The classes of the messages, made from the table instead of by a compiler."""
    kinds = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="volumes.proto", package="volumes", syntax="proto3")
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, (number, kind) in fields.items():
            message.field.add(
                name=field,
                number=number,
                type=kinds.TYPE_BOOL if kind == _BOOL else kinds.TYPE_STRING,
                label=kinds.LABEL_REPEATED if kind == "repeated" else kinds.LABEL_OPTIONAL,
            )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"volumes.{name}")) for name in MESSAGES}


M = _messages()
