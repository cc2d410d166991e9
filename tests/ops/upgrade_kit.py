"""A small platform in two versions, and small charts for it, for the tests of upgrade-check."""

from __future__ import annotations

import io
import json
import sys
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ops.checks import Runner
from ops.report import Result, Status
from ops.upgrade.archives import Archives, Chart, read_chart
from ops.upgrade.command import CHECKS
from ops.upgrade.pins import ConstraintFiles
from ops.upgrade.sources import from_assembly
from ops.upgrade.subject import Upgrade
from ops.upgrade.versions import AURORA, QUEUE, Versions
from settings import load_releases
from tests.support.quiet import QUIET

Json = dict[str, Any]

VALUES: Json = {"airflowVersion": load_releases().images["airflow"].tag}
KEDA = load_releases().charts["keda"].version


def versions(**changed: Any) -> Versions:
    """What the pinned releases come to, but for what is said."""
    releases = load_releases()
    pinned = Versions(
        source="before",
        airflow=releases.images["airflow"].tag,
        kubernetes=releases.kubernetes.default,
        charts={key: chart.version for key, chart in releases.charts.items()},
        engines={AURORA: releases.engines.aurora_postgresql, QUEUE: releases.engines.valkey},
    )
    return replace(pinned, **changed)


def release(name: str, values: Mapping[str, Any], **properties: Any) -> Json:
    """A Helm release, as the CDK writes it: text around references."""
    text = json.dumps({**values, "from": "VPC"})
    before, _, after = text.partition("VPC")
    return {
        "Type": "Custom::AWSCDK-EKS-HelmChart",
        "Properties": {
            "Release": name,
            "Chart": name,
            "Version": load_releases().charts[name].version,
            "Namespace": name,
            "Values": {"Fn::Join": ["", [before, {"Ref": "Vpc"}, after]]},
            **properties,
        },
    }


def platform(values: Mapping[str, Mapping[str, Any]] | None = None) -> dict[str, Json]:
    """Resources of the nested stack, by logical id. ``values`` has those of the releases."""
    pinned = load_releases()
    values = {"airflow": VALUES, "keda": {"storage": "50Gi"}, **(values or {})}
    return {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
        "Address": {"Type": "AWS::EC2::EIP", "Properties": {}},
        "Eks": {
            "Type": "AWS::EKS::Cluster",
            "Properties": {
                "Name": "airflow",
                "Version": pinned.kubernetes.default,
                "ResourcesVpcConfig": {"SubnetIds": [{"Ref": "SubnetOne"}, {"Ref": "SubnetTwo"}]},
            },
        },
        "Database": {
            "Type": "AWS::RDS::DBCluster",
            "DeletionPolicy": "Snapshot",
            "Properties": {"EngineVersion": pinned.engines.aurora_postgresql, "StorageEncrypted": True},
        },
        "Broker": {
            "Type": "AWS::ElastiCache::ReplicationGroup",
            "Properties": {"EngineVersion": pinned.engines.valkey},
        },
        **{f"Release{name}": release(name, given) for name, given in values.items()},
    }


def synthesize(folder: Path, resources: Mapping[str, Json], *, name: str = "airflow") -> Path:
    """Write an assembly with one nested stack, as ``cdk synth`` does."""
    folder.mkdir(parents=True, exist_ok=True)
    hash_ = "0" * 64
    nested = {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": f"https://bucket/{hash_}.json"},
    }
    files = {
        "manifest.json": {
            "artifacts": {
                name: {
                    "type": "aws:cloudformation:stack",
                    "properties": {"templateFile": f"{name}.template.json"},
                }
            }
        },
        f"{name}.template.json": {"Resources": {"OneNestedStackOneNestedStackResource1": nested}},
        f"{name}.assets.json": {"files": {hash_: {"source": {"path": "one.nested.template.json"}}}},
        "one.nested.template.json": {"Resources": resources},
    }
    for file, content in files.items():
        (folder / file).write_text(json.dumps(content), encoding="utf-8")
    return folder


def chart(folder: Path, name: str = "keda", *, version: str = KEDA, **files: str | Json) -> Chart:
    """Pack a chart. Files by path, with ``__`` for a slash and ``_yaml`` at the end."""
    described: Json = {"apiVersion": "v2", "name": name, "version": version}
    contents: dict[str, str | Json] = {"Chart.yaml": described, "values.yaml": "{}", **files}
    path = folder / f"{name}-{version}.tgz"
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for file, content in contents.items():
            data = (content if isinstance(content, str) else json.dumps(content)).encode()
            member = tarfile.TarInfo(f"{name}/{file}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return read_chart(path)


def upgrade(
    scratch: Path, /, *, charts: Sequence[Chart] = (), resources: Mapping[str, Json] | None = None, **changed: Any
) -> Upgrade:
    """An upgrade from versions to those that are pinned, which changes nothing but what is said."""
    given: dict[str, Any] = {
        "name": "airflow",
        "region": "us-west-2",
        "before": versions(),
        "after": versions(),
        "stacks_before": None,
        "folder": synthesize(scratch / "after", resources if resources is not None else platform()),
        "archives": Archives(charts, scratch, may_pull=False),
        "constraints": ConstraintFiles(may_fetch=False),
        "airflow_python": Path(sys.executable),
        **changed,
    }
    return Upgrade(**given)


def stacks(folder: Path, resources: Mapping[str, Json]) -> Mapping[str, Mapping[str, Any]]:
    """Templates of what was deployed before."""
    found = from_assembly(synthesize(folder / "before", resources)).stacks
    assert found is not None
    return found


def only(results: Sequence[Result], status: Status) -> Result:
    """The one result with a status."""
    (found,) = [result for result in results if result.status is status]
    return found


def run(check: str, *arguments: Any, **changed: Any) -> list[Result]:
    """The results of one check of an upgrade."""
    runner = Runner(unknown=Status.NOT_CHECKED, console=QUIET)
    return runner.run([each for each in CHECKS if each.name == check], upgrade(*arguments, **changed))


def one(check: str, *arguments: Any, **changed: Any) -> Result:
    """The only result of one check of an upgrade."""
    (result,) = run(check, *arguments, **changed)
    return result
