"""Lambda functions: where they run, and where they log."""

from __future__ import annotations

import contextlib
import time
from typing import Any

from moto.awslambda.models import LambdaFunction
from moto.logs.exceptions import ResourceAlreadyExistsException

from ops.sandbox.lambda_runtime import Functions
from ops.sandbox.lambda_runtime.functions import FunctionCode


def apply(functions: Functions) -> None:
    """Mend moto's Lambda."""
    _keep_logging_config()
    _run_without_docker(functions)


def _keep_logging_config() -> None:
    """Moto forgets ``LoggingConfig``, and has every function log to ``/aws/lambda/<name>``."""
    initialize, describe = LambdaFunction.__init__, LambdaFunction.get_configuration

    def __init__(self: LambdaFunction, account_id: str, spec: dict[str, Any], *args: Any, **kwargs: Any) -> None:  # noqa: N807
        initialize(self, account_id, spec, *args, **kwargs)
        config = spec.get("LoggingConfig") or {}
        self.logs_group_name = config.get("LogGroup") or self.logs_group_name
        self.logging_config = {"LogFormat": "Text", **config, "LogGroup": self.logs_group_name}  # type: ignore[attr-defined]

    def get_configuration(self: LambdaFunction, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return {**describe(self, *args, **kwargs), "LoggingConfig": self.logging_config}  # type: ignore[attr-defined]

    LambdaFunction.__init__ = __init__  # type: ignore[method-assign]
    LambdaFunction.get_configuration = get_configuration  # type: ignore[method-assign]


def _run_without_docker(functions: Functions) -> None:
    """Moto runs a function in a container. Here it runs in a process, and its output goes to its log group."""

    def _invoke_lambda(self: LambdaFunction, event: Any = None) -> tuple[str, bool, str]:
        code = FunctionCode(
            arn=self.function_arn,
            name=self.function_name,
            region=self.region,
            runtime=str(self.run_time),
            handler=str(self.handler),
            archive=self.code_bytes,
            environment=self.environment_vars,
            timeout_seconds=float(self.timeout),
            log_group=self.logs_group_name,
        )
        outcome = functions.invoke(code, event)
        _write_log(self, outcome.log)
        return outcome.payload, outcome.is_error, outcome.log

    LambdaFunction._invoke_lambda = _invoke_lambda  # type: ignore[method-assign] # noqa: SLF001


def _write_log(function: LambdaFunction, log: str) -> None:
    """Write as Lambda does: a log group that is not there is made. Who made it matters when the stack is gone."""
    backend, group, stream = function.logs_backend, function.logs_group_name, "sandbox"
    backend.ensure_log_group(group)
    with contextlib.suppress(ResourceAlreadyExistsException):
        backend.create_log_stream(group, stream)
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": line} for line in log.splitlines() if line]
    if events:
        backend.put_log_events(group, stream, events)
