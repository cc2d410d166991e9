"""Calls to the services that moto plays, through AWS' own client library."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import botocore.session
from botocore.config import Config

from ops.sandbox.inputs import to_input

FAKE_ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE"
FAKE_SECRET_KEY = "no-secret-is-needed-here"  # noqa: S105 - moto asks for one and looks at none

_CONFIG = Config(
    retries={"total_max_attempts": 1},
    max_pool_connections=50,
    s3={"addressing_style": "path"},
    connect_timeout=5,
    # As long as a function may run: with a real cluster it may wait for nodes.
    read_timeout=900,
)


class Aws:
    """One region of the sandbox, as its clients see it."""

    def __init__(self, *, endpoint: str, region: str) -> None:
        self._endpoint = endpoint
        self._region = region
        self._session = botocore.session.Session()
        self._clients: dict[str, Any] = {}
        # Making a client is not safe between threads; using one is.
        self._lock = threading.Lock()

    def offers(self, service: str) -> bool:
        """Whether the region has a service, as botocore knows it. What has no regions at all is global."""
        everywhere = [
            region
            for partition in self._session.get_available_partitions()
            for region in self._session.get_available_regions(service, partition_name=partition)
        ]
        return not everywhere or self._region in everywhere

    def client(self, service: str) -> Any:
        """The client of a service."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._session.create_client(
                    service,
                    region_name=self._region,
                    endpoint_url=self._endpoint,
                    aws_access_key_id=FAKE_ACCESS_KEY,
                    aws_secret_access_key=FAKE_SECRET_KEY,
                    config=_CONFIG,
                )
            return self._clients[service]

    def call(self, service: str, operation: str, /, **arguments: Any) -> dict[str, Any]:
        """Call an operation with its own arguments."""
        response: dict[str, Any] = getattr(self.client(service), operation)(**arguments)
        return response

    def call_with_properties(
        self, service: str, operation: str, /, properties: Mapping[str, Any], **arguments: Any
    ) -> dict[str, Any]:
        """Call an operation with CloudFormation properties, converted, and with arguments of its own beside them.

        Raises UnknownPropertyError for a property, at any depth, that the operation does not take.
        """
        client = self.client(service)
        model = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation])
        converted = to_input(properties, model.input_shape, where="")
        return self.call(service, operation, **{**converted, **arguments})
