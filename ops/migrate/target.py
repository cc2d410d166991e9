"""The deployment that things are brought into: its secrets, and its Airflow's API."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from urllib.parse import quote

from ops.administrator import sign_in_as_administrator
from ops.airflow_api import AirflowApi, AirflowError, Answer, UnreachableError
from ops.aws import Aws
from ops.entry import find_entry
from ops.errors import OpsError
from ops.migrate.secret_store import SecretStore
from ops.names import BY_PORT_FORWARD
from ops.stack import DeployedStack
from settings import Settings

_PATIENCE_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Target:
    """A deployment."""

    aws: Aws
    stack: DeployedStack
    settings: Settings
    url: str | None = None
    """Where its Airflow is, if a person says so."""
    overwrite: bool = False

    @cached_property
    def secrets(self) -> SecretStore:
        """Its secrets."""
        return SecretStore(self.aws, self.settings.name)

    @property
    def airflow(self) -> AirflowApi:
        """Its Airflow, with its administrator signed in. Raises OpsError where that cannot be reached from here."""
        if isinstance(self._reached, OpsError):
            raise self._reached
        return self._reached

    @property
    def is_reached(self) -> bool:
        """Whether its Airflow answers."""
        return isinstance(self._reached, AirflowApi)

    @property
    def signs_in_by_identity(self) -> bool:
        """Whether people sign in at an identity provider, and Airflow asks for no password."""
        oidc = self.settings.airflow.ingress.oidc
        return oidc is not None and oidc.airflow_login == "identity"

    @cached_property
    def administrator(self) -> str:
        """Name of the user that the deployment makes."""
        return sign_in_as_administrator(self.aws, self.stack, self.airflow)

    def find(self, path: str, name: str) -> Answer | None:
        """What Airflow has under a name, or None."""
        try:
            return self.airflow.call("GET", f"{path}/{quote(name, safe='')}")
        except AirflowError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            return None

    @cached_property
    def _reached(self) -> AirflowApi | OpsError:
        url = self.url
        try:
            if url is None:
                entry = find_entry(self.aws, self.stack.output("ClusterName"))
                if entry is None:
                    return OpsError(f"the deployment has no load balancer to reach its Airflow by. {BY_PORT_FORWARD}")
                url = entry.url
            airflow = AirflowApi(url, patience=_PATIENCE_SECONDS)
            airflow.health()
            sign_in_as_administrator(self.aws, self.stack, airflow)
        except UnreachableError as error:
            return OpsError(f"the deployment's Airflow cannot be reached: {error}. {BY_PORT_FORWARD}")
        return airflow
