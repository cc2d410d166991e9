"""Airflow's own settings: its servers, its workers, its pooler, its first user."""

from __future__ import annotations

from pydantic import Field

from settings.ingress import IngressSettings
from settings.section import Section
from settings.task_pods import TaskPodSettings
from settings.types import (
    CpuQuantity,
    EmailAddress,
    MemoryQuantity,
    PersonName,
    QueueName,
    RequirementsFile,
    TimeZone,
    UserName,
)
from settings.workers import QueueSettings, WorkerSet, WorkerSettings, worker_sets


class ComponentSettings(Section):
    """One Airflow server component."""

    replicas: int = Field(default=1, ge=1, le=10, description="Replicas.")
    cpu: CpuQuantity = Field(description="CPU request of a replica.")
    memory: MemoryQuantity = Field(description="Memory request and limit of a replica.")


class SingletonSettings(Section):
    """A component of which exactly one runs."""

    cpu: CpuQuantity = Field(description="CPU request.")
    memory: MemoryQuantity = Field(description="Memory request and limit.")


class PgBouncerSettings(Section):
    """PgBouncer, between Airflow and the database."""

    replicas: int = Field(ge=1, le=5, description="Replicas.")
    max_client_connections: int = Field(ge=50, le=20000, description="Client connections that one replica accepts.")
    metadata_pool_size: int = Field(ge=5, le=2000, description="Database connections of one replica for the metadata.")
    result_backend_pool_size: int = Field(
        ge=2, le=500, description="Database connections of one replica for Celery's results."
    )


class AdminSettings(Section):
    """Airflow's first user. The password is generated in Secrets Manager."""

    username: UserName = Field(default="admin", description="User name.")
    email: EmailAddress = Field(default="admin@example.com", description="E-mail address.")
    first_name: PersonName = Field(default="Airflow", description="First name.")
    last_name: PersonName = Field(default="Administrator", description="Last name.")


class AirflowSettings(Section):
    """Apache Airflow."""

    api_server: ComponentSettings
    scheduler: ComponentSettings
    dag_processor: SingletonSettings
    triggerer: ComponentSettings
    workers: WorkerSettings
    queues: dict[QueueName, QueueSettings] = Field(
        default_factory=dict, description="Further queues, by name, each with workers of its own (docs/queues.md)."
    )
    task_pods: TaskPodSettings
    task_retries: int = Field(
        default=2,
        ge=0,
        le=10,
        description="Times that a task is started again where its DAG does not say `retries`: its worker may have gone "
        "with a spot node or a zone. 0, as Airflow has it by itself, where tasks must not be repeated unasked.",
    )
    timezone: TimeZone = Field(
        description="What a date or a schedule in a DAG means that names no time zone. Logs and the database keep UTC, "
        "and the UI shows the zone that each person chooses there."
    )
    requirements: RequirementsFile | None = Field(
        default=None,
        description="File of Python packages to add to Airflow's image, its path from the project's folder. Build the "
        "image with `python -m ops image` (docs/packages.md). Unset: the image as it is published.",
    )
    pgbouncer: PgBouncerSettings
    admin: AdminSettings = AdminSettings()
    ingress: IngressSettings = IngressSettings()

    @property
    def worker_sets(self) -> tuple[WorkerSet, ...]:
        """Workers by queue, the default one's first."""
        return worker_sets(self.workers, self.queues)
