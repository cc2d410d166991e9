"""All functions of the sandbox, and the processes that run them."""

from __future__ import annotations

import hashlib
import io
import itertools
import os
import threading
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ops.sandbox.aws import FAKE_ACCESS_KEY, FAKE_SECRET_KEY
from ops.sandbox.lambda_runtime.worker import Outcome, Worker
from ops.sandbox.pretend_cluster.install import FORWARD, is_real_cluster

_ROOT = Path(__file__).parents[3]
# How many events a function handles side by side. A process more costs more to start than it wins.
_CONCURRENCY = 2


@dataclass(frozen=True, kw_only=True)
class FunctionCode:
    """What of a function decides how a process that runs it looks."""

    arn: str
    name: str
    region: str
    runtime: str
    handler: str
    archive: bytes
    environment: Mapping[str, str]
    timeout_seconds: float
    log_group: str

    @property
    def digest(self) -> str:
        """Tells the code of one function from that of another."""
        return hashlib.sha256(self.archive).hexdigest()[:16]


class _Pool:
    """The processes of one function."""

    def __init__(self) -> None:
        self.free = threading.Semaphore(_CONCURRENCY)
        self.idle: list[Worker] = []


class Functions:
    """Runs functions. Processes stay for the next event."""

    def __init__(self, *, endpoint: str, state: Path) -> None:
        self._endpoint = endpoint
        self._state = state
        self._folder = state / "lambda"
        self._pools: dict[tuple[str, str], _Pool] = {}
        self._workers: list[Worker] = []
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)

    def invoke(self, function: FunctionCode, event: Any) -> Outcome:
        """Invoke a function with an event."""
        with self._lock:
            pool = self._pools.setdefault((function.arn, function.digest), _Pool())
            number = next(self._numbers)
        context = {
            "aws_request_id": f"request-{number}",
            "awsRequestId": f"request-{number}",
            "function_name": function.name,
            "functionName": function.name,
            "invoked_function_arn": function.arn,
            "invokedFunctionArn": function.arn,
            "log_group_name": function.log_group,
            "logGroupName": function.log_group,
        }
        with pool.free:
            worker = self._take(pool, function)
            outcome = worker.invoke(event, context, timeout_seconds=function.timeout_seconds)
            if worker.is_alive:
                pool.idle.append(worker)
        return outcome

    def stop(self) -> None:
        """End all processes."""
        with self._lock:
            for worker in self._workers:
                worker.stop()

    def _take(self, pool: _Pool, function: FunctionCode) -> Worker:
        try:
            return pool.idle.pop()
        except IndexError:
            pass
        with self._lock:
            number = next(self._numbers)
            code = self._unpack(function)
        folder = self._folder / f"{function.name}-{number}"
        worker = Worker(
            runtime=function.runtime,
            code=code,
            handler=function.handler,
            folder=folder,
            environment=self._environment(function, folder),
        )
        with self._lock:
            self._workers.append(worker)
        return worker

    def _unpack(self, function: FunctionCode) -> Path:
        code = self._folder / "code" / function.digest
        if not code.exists():
            with zipfile.ZipFile(io.BytesIO(function.archive)) as archive:
                archive.extractall(code)
        return code

    def _environment(self, function: FunctionCode, folder: Path) -> dict[str, str]:
        """Nothing of this machine's environment but PATH, and none of its credentials."""
        return {
            "AWS_ACCESS_KEY_ID": FAKE_ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": FAKE_SECRET_KEY,
            "AWS_DEFAULT_REGION": function.region,
            "AWS_REGION": function.region,
            "AWS_ENDPOINT_URL": self._endpoint,
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_EC2_METADATA_DISABLED": "true",
            "HOME": str(folder),
            "NODE_PATH": str(_ROOT / "node_modules"),
            "PATH": os.environ["PATH"],
            "PYTHONUNBUFFERED": "1",
            "SANDBOX_PORT": str(urlsplit(self._endpoint).port),
            **({} if is_real_cluster() else {"SANDBOX_FORWARD": str(FORWARD)}),
            "SANDBOX_PROGRAMS": str(self._state / "programs"),
            "TMPDIR": str(folder),
            # The CDK's kubectl handler keeps its files here; in AWS each process has a /tmp of its own.
            "TEST_OUTDIR": str(folder),
            **function.environment,
        }
