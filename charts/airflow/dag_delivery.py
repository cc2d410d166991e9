"""How DAGs reach the pods that need them: the DAG processor, the triggerers and the workers.

``efs``      git-sync in the DAG processor writes a volume, which the others read.
``sidecar``  each of these pods has git-sync beside it, and a copy of its own. The chart's own containers would start
             in an order in which nobody signs git-sync's first request to AWS CodeCommit, so these are ours.
``bundle``   Airflow clones the repository itself (GitDagBundle), and tasks run from the version that their run began
             with.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from charts.airflow import git_askpass, git_credentials
from charts.airflow.dag_volume import CLAIM
from charts.airflow.endpoints import GIT_SYNC_PORT
from charts.airflow.inputs import DagRepository
from charts.airflow.pod_security import restricted_pod
from charts.placement import resources
from settings import ImageReference
from settings.dags import DagSettings

BUNDLE = "dags"
_CONNECTION = "git_default"
_BUNDLE_CLASS = "airflow.providers.git.bundles.git.GitDagBundle"

_GIT_SYNC_UID = 65533
"""The access point of the DAG volume makes every file this user's; git-sync is this user too."""
_MAX_FAILURES = -1
"""A repository that cannot be reached for a while is no reason to stop parsing the DAGs that are there."""
# git-sync looks at its folder before each synchronization, and clears it, link and all, where git fails in it or has
# left `shallow.lock`: what git does that is killed while it fetches a part of the history, by a want of memory, a node
# that goes, or git-sync's own timeout (two minutes). What all pods read is fetched with all of its history, then, where
# git leaves no such lock. A copy of a pod's own is made shallow, since every pod makes one; its lock is taken away when
# git-sync starts again.
_WHOLE_HISTORY, _NEWEST_COMMIT = 0, 1
_WITHOUT_LOCK = "rm -f /git/.git/shallow.lock && exec /git-sync"
_SYNC_TIMEOUT_SECONDS = 15 * 60
# Who has looked up the link finds the old files a while longer: NFS remembers it for up to a minute, and a file of DAGs
# may be in the middle of its imports.
_STALE_SECONDS = 10 * 60
# git counts the node's CPUs, and takes as many threads and caches.
_FRUGAL = "pack.threads:1,core.deltaBaseCacheLimit:32m,core.bigFileThreshold:32m"
_FOLDER = "/opt/airflow/dags"
_VOLUME = "dags"
_LINK = "repo"

Values = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class DagDelivery:
    """The values of the chart that depend on how DAGs come."""

    dags: DagSettings
    repository: DagRepository
    airflow_image: ImageReference
    git_sync_image: ImageReference
    git_sync_is_built: bool
    """Built here, git-sync's image has what signs in to CodeCommit, and its Python."""

    def chart(self) -> Values:
        """The chart's own ``dags``."""
        if self.dags.delivery != "efs":
            return {"persistence": {"enabled": False}, "gitSync": {"enabled": False}}
        return {
            "persistence": {"enabled": True, "existingClaim": CLAIM},
            "gitSync": {
                "enabled": True,
                "repo": self.repository.url,
                # `branch` becomes the variable of an option that git-sync v4 has given up but still lets win over
                # `ref`.
                "branch": self.dags.branch,
                "ref": self.dags.branch,
                "depth": _WHOLE_HISTORY,
                "subPath": self.dags.subdirectory,
                "period": f"{self.dags.sync_period_seconds}s",
                "maxFailures": _MAX_FAILURES,
                "httpPort": GIT_SYNC_PORT,
                "recommendedProbeSetting": True,
                # A large repository takes its time to be cloned, and a clone that is ended begins anew.
                "startupProbe": {"periodSeconds": 5, "failureThreshold": _SYNC_TIMEOUT_SECONDS // 5},
                "env": self._git_sync_environment(),
                "resources": resources(cpu="50m", memory="512Mi"),
                "securityContexts": {"container": _git_sync_security()},
                **_without_empty(extraVolumeMounts=git_credentials.mounts(self.repository)),
            },
        }

    def config(self) -> dict[str, dict[str, str]]:
        """Sections and keys of airflow.cfg."""
        if self.dags.delivery == "sidecar":
            return {"core": {"dags_folder": "/".join(filter(None, (_FOLDER, _LINK, self.dags.subdirectory)))}}
        if self.dags.delivery == "efs":
            return {}
        arguments = {
            "tracking_ref": self.dags.branch,
            "subdir": self.dags.subdirectory or None,
            "git_conn_id": _CONNECTION,
            "refresh_interval": self.dags.sync_period_seconds,
        }
        bundle = {"name": BUNDLE, "classpath": _BUNDLE_CLASS, "kwargs": arguments}
        return {"dag_processor": {"dag_bundle_config_list": json.dumps([bundle])}}

    def environment(self) -> list[Values]:
        """Environment of all pods: each of them looks at the bundle's connection, if only to show a link."""
        if self.dags.delivery != "bundle":
            return []
        found: list[Values] = []
        connection = git_credentials.connection(self.repository)
        if connection:
            found.append({"name": f"AIRFLOW_CONN_{_CONNECTION.upper()}", "value": json.dumps(connection)})
        if self._signs:
            found += git_askpass.git_environment()
        return found

    def secret_environment(self) -> Values:
        """The same from a Secret, where there is a password in it."""
        if self.dags.delivery != "bundle" or self.repository.credentials != "password":
            return {}
        name = f"AIRFLOW_CONN_{_CONNECTION.upper()}"
        entry = {"envName": name, "secretName": git_credentials.SECRET, "secretKey": git_credentials.CONNECTION_KEY}
        return {"secret": [entry]}

    def processor(self) -> Values:
        """Values of the DAG processor."""
        return self._volume_writer() if self.dags.delivery == "efs" else self._own_copy()

    def reader(self) -> Values:
        """Values of triggerers and workers."""
        return {} if self.dags.delivery == "efs" else self._own_copy()

    @property
    def _signs(self) -> bool:
        return self.repository.credentials == "codecommit"

    def _volume_writer(self) -> Values:
        return _without_empty(
            extraInitContainers=self._askpass(),
            extraVolumes=[*self._askpass_volume(), *git_credentials.volumes(self.repository)],
        )

    def _own_copy(self) -> Values:
        by_sidecar = self.dags.delivery == "sidecar"
        copy = [{"name": _VOLUME, "mountPath": _FOLDER, "readOnly": True}]
        return _without_empty(
            extraInitContainers=[*self._askpass(), *([self._git_sync()] if by_sidecar else [])],
            extraVolumes=[
                *([{"name": _VOLUME, "emptyDir": {}}] if by_sidecar else []),
                *self._askpass_volume(),
                *git_credentials.volumes(self.repository),
            ],
            extraVolumeMounts=copy if by_sidecar else git_credentials.mounts(self.repository),
        )

    def _askpass(self) -> list[Values]:
        if not self._signs:
            return []
        image = self.git_sync_image if self.git_sync_is_built else self.airflow_image
        return [git_askpass.sidecar(image=image, repository=self.repository, included=self.git_sync_is_built)]

    def _askpass_volume(self) -> list[Values]:
        return [git_askpass.volume()] if self._signs and not self.git_sync_is_built else []

    def _git_sync_environment(self) -> list[Values]:
        configuration = ",".join([_FRUGAL, *([git_askpass.git_sync_config()] if self._signs else [])])
        common = {
            "GITSYNC_HTTP_METRICS": "true",
            "GITSYNC_SYNC_TIMEOUT": f"{_SYNC_TIMEOUT_SECONDS}s",
            "GITSYNC_STALE_WORKTREE_TIMEOUT": f"{_STALE_SECONDS}s",
            "GITSYNC_GIT_CONFIG": configuration,
        }
        own = (
            git_askpass.git_sync_environment() if self._signs else git_credentials.git_sync_environment(self.repository)
        )
        return [*({"name": name, "value": value} for name, value in common.items()), *own]

    def _git_sync(self) -> Values:
        """A native sidecar: Airflow starts when the first synchronization is done, and git-sync ends after it."""
        settings = {
            "GITSYNC_REPO": self.repository.url,
            "GITSYNC_REF": self.dags.branch,
            "GITSYNC_DEPTH": str(_NEWEST_COMMIT),
            "GITSYNC_ROOT": "/git",
            "GITSYNC_LINK": _LINK,
            "GITSYNC_ADD_USER": "true",
            "GITSYNC_PERIOD": f"{self.dags.sync_period_seconds}s",
            "GITSYNC_MAX_FAILURES": str(_MAX_FAILURES),
            "GITSYNC_HTTP_BIND": f":{GIT_SYNC_PORT}",
        }
        return {
            "name": "git-sync",
            "image": str(self.git_sync_image),
            "command": ["/bin/bash", "-c", _WITHOUT_LOCK],
            "restartPolicy": "Always",
            "env": [
                *({"name": name, "value": value} for name, value in settings.items()),
                *self._git_sync_environment(),
            ],
            # Answers with 200 once there is something to link to.
            "startupProbe": {
                "httpGet": {"path": "/", "port": GIT_SYNC_PORT},
                "periodSeconds": 2,
                "failureThreshold": _SYNC_TIMEOUT_SECONDS // 2,
            },
            "resources": resources(cpu="50m", memory="256Mi"),
            "securityContext": _git_sync_security(),
            "volumeMounts": [{"name": _VOLUME, "mountPath": "/git"}, *git_credentials.mounts(self.repository)],
        }


def _git_sync_security() -> Values:
    return {**restricted_pod(_GIT_SYNC_UID)["containers"], "runAsUser": _GIT_SYNC_UID}


def _without_empty(**values: list[Values]) -> Values:
    return {key: value for key, value in values.items() if value}
