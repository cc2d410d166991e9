"""CodeCommit: moto has repositories without anything in them."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from moto.codecommit import urls
from moto.codecommit.exceptions import RepositoryDoesNotExistException
from moto.codecommit.responses import CodeCommitResponse
from moto.core.exceptions import JsonRESTError

from ops.sandbox.regions import region_named


@dataclass(kw_only=True)
class _Branch:
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def commit(self) -> str:
        digest = hashlib.sha1(usedforsecurity=False)
        for path, content in sorted(self.files.items()):
            digest.update(path.encode() + content)
        return digest.hexdigest()


class MendedCodeCommit(CodeCommitResponse):
    """moto's, with what it lacks: a list of repositories, their settings, branches and files."""

    def create_repository(self) -> str:
        """Moto forgets key and tags, and says ``amazonaws.com`` in China."""
        name = self._get_param("repositoryName")
        metadata = json.loads(super().create_repository())["repositoryMetadata"]
        suffix = region_named(self.region).dns_suffix
        for key, scheme in (("cloneUrlHttp", "https"), ("cloneUrlSsh", "ssh")):
            metadata[key] = f"{scheme}://git-codecommit.{self.region}.{suffix}/v1/repos/{name}"
        if self._get_param("kmsKeyId"):
            metadata["kmsKeyId"] = self._get_param("kmsKeyId")
        repository = self.codecommit_backend.repositories[name]
        repository.repository_metadata = metadata
        repository.tags = self._get_param("tags") or {}  # type: ignore[attr-defined]
        repository.branches = {}  # type: ignore[attr-defined]
        return json.dumps({"repositoryMetadata": metadata})

    def list_repositories(self) -> str:
        found = [repository.repository_metadata for repository in self.codecommit_backend.repositories.values()]
        names = ("repositoryName", "repositoryId")
        return json.dumps({"repositories": [{name: metadata[name] for name in names} for metadata in found]})

    def list_tags_for_resource(self) -> str:
        name = self._get_param("resourceArn").rpartition(":")[2]
        return json.dumps({"tags": self._repository(name).tags})

    def tag_resource(self) -> str:
        self._repository(self._get_param("resourceArn").rpartition(":")[2]).tags.update(self._get_param("tags"))
        return ""

    def untag_resource(self) -> str:
        tags = self._repository(self._get_param("resourceArn").rpartition(":")[2]).tags
        for key in self._get_param("tagKeys"):
            tags.pop(key, None)
        return ""

    def create_commit(self) -> str:
        """Puts files on a branch. The first branch is the default one."""
        name, branch_name = self._get_param("repositoryName"), self._get_param("branchName")
        repository = self._repository(name)
        repository.repository_metadata.setdefault("defaultBranch", branch_name)
        branch = repository.branches.setdefault(branch_name, _Branch())
        for file in self._get_param("putFiles"):
            branch.files[file["filePath"]] = base64.b64decode(file["fileContent"])
        return json.dumps({"commitId": branch.commit, "treeId": branch.commit})

    def get_branch(self) -> str:
        name = self._get_param("branchName")
        return json.dumps({"branch": {"branchName": name, "commitId": self._branch(name).commit}})

    def list_branches(self) -> str:
        return json.dumps({"branches": list(self._repository(self._get_param("repositoryName")).branches)})

    def get_folder(self) -> str:
        """Files of the folder itself, and the names of the folders in it."""
        branch = self._branch(self._get_param("commitSpecifier"))
        folder = self._get_param("folderPath").strip("/")
        inside = [path for path in branch.files if path.startswith(f"{folder}/" if folder else "")]
        relative = {path: path.removeprefix(folder).lstrip("/") for path in inside}
        return json.dumps(
            {
                "commitId": branch.commit,
                "folderPath": folder or "/",
                "files": [
                    {
                        "absolutePath": path,
                        "relativePath": name,
                        "fileMode": "NORMAL",
                        "blobId": _blob(branch.files[path]),
                    }
                    for path, name in relative.items()
                    if "/" not in name
                ],
                "subFolders": [
                    {"relativePath": name} for name in sorted({n.split("/")[0] for n in relative.values() if "/" in n})
                ],
                "subModules": [],
                "symbolicLinks": [],
            }
        )

    def get_file(self) -> str:
        path = self._get_param("filePath")
        branch = self._branch(self._get_param("commitSpecifier"))
        if path not in branch.files:
            raise JsonRESTError("FileDoesNotExistException", f"There is no file {path}")
        content = branch.files[path]
        return json.dumps(
            {
                "commitId": branch.commit,
                "blobId": _blob(content),
                "filePath": path,
                "fileMode": "NORMAL",
                "fileSize": len(content),
                "fileContent": base64.b64encode(content).decode(),
            }
        )

    def _repository(self, name: str) -> Any:
        if name not in self.codecommit_backend.repositories:
            raise RepositoryDoesNotExistException(name)
        return self.codecommit_backend.repositories[name]

    def _branch(self, specifier: str | None) -> _Branch:
        """A branch by its name, or by the commit that is its latest and only one; without either the default one."""
        repository = self._repository(self._get_param("repositoryName"))
        specifier = specifier or repository.repository_metadata.get("defaultBranch")
        branches: dict[str, _Branch] = repository.branches
        for name, branch in branches.items():
            if specifier in (name, branch.commit):
                return branch
        raise JsonRESTError("BranchDoesNotExistException", f"There is no branch {specifier}")


def _blob(content: bytes) -> str:
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


def apply() -> None:
    """Let the requests come to the mended class."""
    urls.url_paths = dict.fromkeys(urls.url_paths, MendedCodeCommit.dispatch)
