"""Where the versions before an upgrade come from: a deployment, a revision of git, a file, another synthesis."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from ops.assembly import Assembly, AssemblyError, read_assembly
from ops.aws import Aws
from ops.aws_errors import CALL_ERRORS, AwsError, explain
from ops.checks import NotCheckedError
from ops.errors import OpsError
from ops.kubernetes_api import CORE, KubernetesApi, named
from ops.names import RELEASE
from ops.stack import DeployedStack, named_templates
from ops.status_facts import AIRFLOW_VERSION
from ops.upgrade.releases_in import HELM, key_of
from ops.upgrade.versions import AURORA, QUEUE, Versions, of_table
from settings import load_releases

ROOT = Path(__file__).parents[2]
RELEASES = "settings/releases.yaml"
REQUIREMENTS = "requirements-airflow.txt"
_CDK_JSON = "cdk.json"
_KUBERNETES = "cluster.kubernetes_version"

Stacks = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Source:
    """What one side comes to."""

    versions: Versions
    stacks: Stacks | None = None
    """Templates by stack, the top-level one under no name."""
    requirements: str | None = None
    """Its requirements-airflow.txt."""


def from_revision(revision: str, *, repository: Path = ROOT) -> Source:
    """A revision of this repository. Raises OpsError where there is none, or no table of releases in it."""
    table = _yaml(_show(repository, revision, RELEASES), f"{RELEASES} of {revision}")
    settings = json.loads(_show(repository, revision, _CDK_JSON))["context"].get("settings", {})
    section, _, key = _KUBERNETES.partition(".")
    chosen = settings.get(_KUBERNETES) or (settings.get(section) or {}).get(key)
    try:
        requirements = _show(repository, revision, REQUIREMENTS)
    except OpsError:
        requirements = None
    versions = of_table(table, kubernetes=chosen, source=f"revision {revision}")
    return Source(versions=versions, requirements=requirements)


def from_file(file: Path) -> Source:
    """A table of releases that somebody kept. Raises OpsError where the file is none."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise OpsError(f"--from-releases {file}: {error}") from None
    return Source(versions=of_table(_yaml(text, str(file)), kubernetes=None, source=str(file)))


def from_assembly(folder: Path) -> Source:
    """What ``cdk synth`` wrote, some time ago. Raises OpsError where the folder holds nothing of the kind."""
    try:
        stacks = stacks_of(read_assembly(folder))
    except AssemblyError as error:
        raise OpsError(f"--from-assembly: {error}") from None
    return Source(versions=_of_stacks(stacks, str(folder)), stacks=stacks)


def from_deployment(aws: Aws, stack: DeployedStack, kubernetes: KubernetesApi | NotCheckedError) -> Source:
    """What is deployed: its templates, and where AWS has raised a version by itself, that one.

    Raises OpsError where the stack has not what a deployment of this project has.
    """
    stacks = dict(named_templates(aws, stack))
    versions = _of_stacks(stacks, f"stack {stack.name}")
    nodes, unknown = _nodes(aws, stack, kubernetes)
    engines = {**versions.engines, AURORA: _database(aws, stack) or versions.engines[AURORA]}
    return Source(versions=replace(versions, engines=engines, nodes=nodes, unknown_nodes=unknown), stacks=stacks)


def without_switched_off(source: Source, chosen: Collection[str]) -> Source:
    """A table has charts that a deployment with these settings never installs: nothing of them goes or comes."""
    if source.stacks is not None:
        return source
    known = load_releases().charts
    charts = {key: each for key, each in source.versions.charts.items() if key in chosen or key not in known}
    return replace(source, versions=replace(source.versions, charts=charts))


def stacks_of(assembly: Assembly) -> Stacks:
    """Templates by stack; the top-level one has no name of its own, as deployments differ in theirs."""
    return {"": assembly.root.template, **{stack.name: stack.template for stack in assembly.nested}}


def _of_stacks(stacks: Stacks, source: str) -> Versions:
    bodies = [body for template in stacks.values() for body in template["Resources"].values()]
    releases = {str(body["Properties"]["Release"]): body["Properties"] for body in bodies if body["Type"] == HELM}
    airflow = AIRFLOW_VERSION.search(json.dumps(releases.get(RELEASE, {}).get("Values", "")))
    if airflow is None:
        raise OpsError(f"{source} has no release of Airflow: was its deployment ever finished?")
    return Versions(
        source=source,
        airflow=airflow["version"],
        kubernetes=_property(bodies, "AWS::EKS::Cluster", "Version", source),
        charts={
            key_of(name, str(properties.get("Chart", name))): str(properties["Version"])
            for name, properties in releases.items()
        },
        engines={
            AURORA: _property(bodies, "AWS::RDS::DBCluster", "EngineVersion", source),
            QUEUE: _property(bodies, "AWS::ElastiCache::ReplicationGroup", "EngineVersion", source),
        },
    )


def _property(bodies: list[Mapping[str, Any]], type_: str, name: str, source: str) -> str:
    for body in bodies:
        if body["Type"] == type_ and name in body["Properties"]:
            return str(body["Properties"][name])
    raise OpsError(f"{source} has no {type_} with a {name}")


def _database(aws: Aws, stack: DeployedStack) -> str | None:
    """Aurora raises its minor version by itself in the maintenance window; None where it may not be asked."""
    try:
        id_ = stack.the("AWS::RDS::DBCluster")
        clusters = aws.client("rds").describe_db_clusters(DBClusterIdentifier=id_)["DBClusters"]
        return str(clusters[0]["EngineVersion"])
    except CALL_ERRORS as error:
        _end_where_hopeless(explain(error))
        return None


def _nodes(aws: Aws, stack: DeployedStack, kubernetes: KubernetesApi | NotCheckedError) -> tuple[dict[str, str], str]:
    """Kubernetes versions of the node group and of every node, and why that is not all."""
    try:
        return dict(_node_groups(aws, stack)) | dict(_kubelets(kubernetes)), ""
    except CALL_ERRORS as error:
        explained = explain(error)
        _end_where_hopeless(explained)
        return {}, str(explained)
    except NotCheckedError as error:
        return dict(_node_groups(aws, stack)), str(error)


def _node_groups(aws: Aws, stack: DeployedStack) -> Iterator[tuple[str, str]]:
    eks, cluster = aws.client("eks"), stack.output("ClusterName")
    for physical_id in stack.of_type("AWS::EKS::Nodegroup"):
        name = physical_id.rpartition("/")[2]
        group = eks.describe_nodegroup(clusterName=cluster, nodegroupName=name)["nodegroup"]
        if group.get("version"):
            yield f"node group {name}", group["version"]


def _kubelets(kubernetes: KubernetesApi | NotCheckedError) -> Iterator[tuple[str, str]]:
    if isinstance(kubernetes, NotCheckedError):
        raise kubernetes
    for node in kubernetes.list(CORE, "nodes"):
        found = re.search(r"\d+\.\d+(\.\d+)?", node["status"]["nodeInfo"].get("kubeletVersion", ""))
        if found:
            yield f"node {named(node)}", found[0]


def _end_where_hopeless(error: AwsError) -> None:
    if error.ends_the_run:
        raise error


def _show(repository: Path, revision: str, path: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - git, and a revision that may not be an option
            ["git", "-C", str(repository), "show", "--end-of-options", f"{revision}:{path}"],  # noqa: S607
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        raise OpsError(f"--from {revision}: git does not run: {error}") from None
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["git failed"])[0].removeprefix("fatal: ")
        raise OpsError(f"--from {revision}: {why}")
    return done.stdout


def _yaml(text: str, source: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise OpsError(f"{source} is no YAML: {' '.join(str(error).split())}") from None
