"""The Job that prepares the database for a version of Airflow: its migrations, FAB's permissions, the first user."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import cdk8s
import cdk8s_plus_27 as kplus

from charts.airflow import secrets
from charts.airflow.config import AUTH_MANAGER, Config
from charts.airflow.pod_security import AIRFLOW_UID, restricted_pod
from charts.placement import SERVICES_POOL, node_selector, resources
from constructs import Construct
from settings import ImageReference
from settings.airflow import AdminSettings

NAME = "airflow-setup"
"""What the Job's name begins with, and its ServiceAccount's, PriorityClass' and container's whole name."""
COMPONENT = "setup"

# As much as Airflow's servers, whose class comes with the release that comes after this.
_PRIORITY = 1_000_000
# A failed try is followed by another one, at most six minutes later, until this Job gives way to the next deployment's:
# a database, an image or a node that was away is no reason to need a person.
_TRIES = 2_147_483_647
# The entrypoint waits for the pooler, which comes with the release; it asks every three seconds.
_QUESTIONS = 200

# In this order, and by nobody else at the same time: two who start on an empty database make the same tables, and the
# same permissions. API servers write none (`[fab] update_fab_perms`). The password goes in by standard input, from a
# Secret: an argument could be read in the list of processes.
_SCRIPT = """\
set -e
airflow db migrate
airflow sync-perm
printf '%s\\n%s\\n' "${ADMIN_PASSWORD:?}" "$ADMIN_PASSWORD" | airflow users create --role Admin \\
  --username "$ADMIN_USERNAME" --email "$ADMIN_EMAIL" --firstname "$ADMIN_FIRST_NAME" --lastname "$ADMIN_LAST_NAME"
"""

_TOKEN = re.compile(r"\$\{Token\[([^\]]*)\.\d+\]\}")


class SetupJob(Construct):
    """The Job, named by what is in it.

    Kubernetes changes nothing in a Job's pods, whoever asks. With a name of its own for each version of it, an update
    makes the new Job beside the old one, which CloudFormation deletes when all is done; a rollback deletes the new one.
    So neither a Job that runs nor one that never ends is in anybody's way.

    Servers wait until the migrations are done (``wait-for-airflow-migrations``). The Job is there before the release,
    and so needs nothing that comes with it but the pooler.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        namespace: str,
        image: ImageReference,
        admin: AdminSettings,
        config: Config,
    ) -> None:
        super().__init__(scope, id_)
        metadata = cdk8s.ApiObjectMetadata(name=NAME, namespace=namespace)
        account = kplus.ServiceAccount(self, "account", metadata=metadata, automount_token=False)
        priority = cdk8s.ApiObject(
            self,
            "priority",
            api_version="scheduling.k8s.io/v1",
            kind="PriorityClass",
            metadata=cdk8s.ApiObjectMetadata(name=NAME),
        )
        priority.add_json_patch(cdk8s.JsonPatch.add("/value", _PRIORITY))
        spec = _spec(image, admin, config)
        self.name = f"{NAME}-{_digest(spec)}"
        job = cdk8s.ApiObject(
            self,
            "job",
            api_version="batch/v1",
            kind="Job",
            metadata=cdk8s.ApiObjectMetadata(
                name=self.name, namespace=namespace, labels={"tier": "airflow", "component": COMPONENT}
            ),
        )
        job.add_json_patch(cdk8s.JsonPatch.add("/spec", spec))
        job.node.add_dependency(account, priority)


def _spec(image: ImageReference, admin: AdminSettings, config: Config) -> dict[str, Any]:
    security = restricted_pod(AIRFLOW_UID)
    return {
        "backoffLimit": _TRIES,
        "template": {
            "metadata": {
                "labels": {"tier": "airflow", "component": COMPONENT},
                # The name comes from the Secret, with the password that goes with it; another one is another Job.
                "annotations": {"airflow-eks/administrator": admin.username},
            },
            "spec": {
                "restartPolicy": "OnFailure",
                "serviceAccountName": NAME,
                "automountServiceAccountToken": False,
                "enableServiceLinks": False,
                "priorityClassName": NAME,
                "nodeSelector": node_selector(SERVICES_POOL),
                "securityContext": security["pod"],
                "containers": [
                    {
                        "name": NAME,
                        "image": str(image),
                        "args": ["bash", "-c", _SCRIPT],
                        "env": _environment(admin, config),
                        "resources": resources(cpu="250m", memory="1Gi"),
                        "securityContext": security["containers"],
                    }
                ],
            },
        },
    }


def _environment(admin: AdminSettings, config: Config) -> list[dict[str, Any]]:
    """What it has to know; airflow.cfg comes with the release, and before an update it is the old one."""
    plain = {
        "CONNECTION_CHECK_MAX_COUNT": str(_QUESTIONS),
        "PYTHONUNBUFFERED": "1",
        "AIRFLOW__CORE__AUTH_MANAGER": AUTH_MANAGER,
        # The migration writes it into the database, once.
        "AIRFLOW__CORE__DEFAULT_POOL_TASK_SLOT_COUNT": config["core"]["default_pool_task_slot_count"],
        "AIRFLOW__FAB__UPDATE_FAB_PERMS": config["fab"]["update_fab_perms"],
        "ADMIN_EMAIL": admin.email,
        "ADMIN_FIRST_NAME": admin.first_name,
        "ADMIN_LAST_NAME": admin.last_name,
    }
    secret = {
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": (secrets.METADATA, "connection"),
        "AIRFLOW__CORE__FERNET_KEY": (secrets.FERNET, "fernet-key"),
        "ADMIN_USERNAME": (secrets.ADMIN, "username"),
        "ADMIN_PASSWORD": (secrets.ADMIN, "password"),
    }
    return [
        *({"name": name, "value": value} for name, value in plain.items()),
        *(
            {"name": name, "valueFrom": {"secretKeyRef": {"name": of, "key": key}}}
            for name, (of, key) in secret.items()
        ),
    ]


def _digest(spec: dict[str, Any]) -> str:
    """Eight digits of what the Job is. A CDK token, the account's number say, has another count in each synthesis."""
    text = _TOKEN.sub(r"\1", json.dumps(spec, sort_keys=True))
    return hashlib.sha256(text.encode()).hexdigest()[:8]
