"""AWS CodeCommit's git server: repositories over HTTPS, for whoever signs with credentials that the session knows.

A repository begins with what the in-memory AWS has in it, which is what CloudFormation seeded it with. It does not
play: who may pull and who may push; and the in-memory AWS learns of no push.
"""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

from ops.sandbox.aws import Aws
from tests.cluster.stand_ins.credentials import refusal
from tests.cluster.stand_ins.tls_server import Answer, Request

_PREFIX = "/v1/repos/"
_REFUSED = (("WWW-Authenticate", 'Basic realm="AWS CodeCommit"'),)


class GitServer:
    """The repositories of one region."""

    def __init__(self, *, aws: Aws, region: str, folder: Path, session_key: str) -> None:
        self._aws, self._region, self._folder, self._key = aws, region, folder, session_key
        self._lock = threading.Lock()
        self._now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.refused: list[str] = []
        """Why somebody was refused, each time that it was for a password and not for none."""

    def __call__(self, request: Request) -> Answer:
        """Answer a request of git's."""
        path, _, query = request.target.partition("?")
        name = path.removeprefix(_PREFIX).partition("/")[0]
        if not path.startswith(_PREFIX) or not name or name.startswith("."):
            return Answer(status=HTTPStatus.NOT_FOUND, body=b"no repository is there\n")
        refused = self._refusal(request, f"https://{request.host}{_PREFIX}{name}")
        if refused:
            return Answer(status=HTTPStatus.UNAUTHORIZED, body=f"{refused}\n".encode(), headers=_REFUSED)
        if not self._there(name):
            return Answer(status=HTTPStatus.NOT_FOUND, body=f"no repository {name}\n".encode())
        return self._backend(request, path.removeprefix(_PREFIX.rstrip("/")), query)

    def _refusal(self, request: Request, url: str) -> str:
        given = {name.lower(): value for name, value in request.headers.items()}.get("authorization", "")
        if not given:
            return "who asks?"
        try:
            kind, _, encoded = given.partition(" ")
            username, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except ValueError:
            kind, username, password = "", "", ""
        why = "no user name and password"
        if kind.lower() == "basic":
            why = refusal(url, self._region, username, password, session_key=self._key, now=self._now())
        if why:
            self.refused.append(f"{username.partition('%')[0]}: {why}")
        return why

    def _there(self, name: str) -> bool:
        """Whether there is such a repository; the first time it is filled."""
        repository = self._folder / name
        with self._lock:
            names = [
                each["repositoryName"] for each in self._aws.call("codecommit", "list_repositories")["repositories"]
            ]
            if name not in names:
                shutil.rmtree(repository, ignore_errors=True)
            elif not repository.exists():
                self._seed(name, repository)
            return name in names

    def _seed(self, name: str, repository: Path) -> None:
        metadata = self._aws.call("codecommit", "get_repository", repositoryName=name)["repositoryMetadata"]
        branch = metadata.get("defaultBranch", "main")
        new = self._folder / f"{name}.new"
        shutil.rmtree(new, ignore_errors=True)
        _git("init", "--quiet", "--bare", f"--initial-branch={branch}", str(new))
        _git("-C", str(new), "config", "http.receivepack", "true")
        with tempfile.TemporaryDirectory() as work:
            for path, content in self._files(name, "/") if "defaultBranch" in metadata else ():
                file = Path(work, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)
            tree = ("-C", work, f"--git-dir={new}", f"--work-tree={work}")
            _git(*tree, "add", "--all")
            _git(*tree, "-c", "user.name=AWS", "-c", "user.email=aws@example.com",
                 "commit", "--quiet", "--allow-empty", "--message", "What CloudFormation put here")  # fmt: skip
            # A bare repository has no index; the next push would not look at it, but a person might wonder.
            (new / "index").unlink(missing_ok=True)
        new.rename(repository)

    def _files(self, name: str, folder: str) -> Iterator[tuple[str, bytes]]:
        found = self._aws.call("codecommit", "get_folder", repositoryName=name, folderPath=folder)
        for file in found["files"]:
            path = file["absolutePath"]
            yield path, self._aws.call("codecommit", "get_file", repositoryName=name, filePath=path)["fileContent"]
        for below in found["subFolders"]:
            yield from self._files(name, f"{folder.strip('/')}/{below['relativePath']}".strip("/"))

    def _backend(self, request: Request, path: str, query: str) -> Answer:
        given = {name.lower(): value for name, value in request.headers.items()}
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self._folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*",
            "GIT_PROTOCOL": given.get("git-protocol", ""),
            "REQUEST_METHOD": request.method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": given.get("content-type", ""),
            "CONTENT_LENGTH": str(len(request.body)),
            "HTTP_CONTENT_ENCODING": given.get("content-encoding", ""),
            "REMOTE_USER": "somebody",
            "REMOTE_ADDR": "127.0.0.1",
        }
        done = subprocess.run(
            ["git", "http-backend"], input=request.body, env=environment, capture_output=True, check=False
        )
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        pairs: Any = (line.partition(":")[::2] for line in head.decode().splitlines() if ":" in line)
        headers = {name: value.strip() for name, value in pairs}
        status = int(headers.pop("Status", "200").split()[0]) if done.returncode == 0 else 500
        return Answer(status=status, body=body, headers=tuple(headers.items()))


def _git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], check=True, capture_output=True)
