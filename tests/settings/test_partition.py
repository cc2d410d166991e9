"""What differs between the partitions, and that nothing but the settings knows it."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import botocore.session
import pytest

from settings import PARTITIONS
from settings.partition import Partition

ROOT = Path(__file__).parents[2]
ACCOUNT = "123456789012"
MAY_KNOW = {"settings", "tests"}
NOT_OURS = {"node_modules", "cdk.out", "build"}
CHINA = ("aws-cn", "cn-north-1", "cn-northwest-1", "cn-north", "cn-northwest", "amazonaws.com.cn")


@pytest.mark.parametrize(
    ("partition", "region", "host"),
    [
        ("aws", "us-west-2", "123456789012.dkr.ecr.us-west-2.amazonaws.com"),
        ("aws", "eu-central-1", "123456789012.dkr.ecr.eu-central-1.amazonaws.com"),
        ("aws-cn", "cn-north-1", "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn"),
        ("aws-cn", "cn-northwest-1", "123456789012.dkr.ecr.cn-northwest-1.amazonaws.com.cn"),
    ],
)
def test_registry_host(partition: str, region: str, host: str):
    assert PARTITIONS[partition].registry(account=ACCOUNT, region=region) == host


@pytest.mark.parametrize(
    ("partition", "region", "url"),
    [
        ("aws", "us-west-2", "https://git-codecommit.us-west-2.amazonaws.com/v1/repos/airflow-dags"),
        ("aws-cn", "cn-north-1", "https://git-codecommit.cn-north-1.amazonaws.com.cn/v1/repos/airflow-dags"),
    ],
)
def test_codecommit_url(partition: str, region: str, url: str):
    assert PARTITIONS[partition].codecommit_url(repository="airflow-dags", region=region) == url


def test_regions():
    assert PARTITIONS["aws-cn"].regions == ("cn-north-1", "cn-northwest-1")
    assert {"us-west-2", "us-east-1", "eu-west-1", "ap-southeast-1"} <= set(PARTITIONS["aws"].regions)
    assert not set(PARTITIONS["aws"].regions) & set(PARTITIONS["aws-cn"].regions)


@pytest.mark.parametrize("partition", PARTITIONS)
def test_facts_agree_with_each_other(partition: str):
    facts = PARTITIONS[partition]
    assert facts.name == partition
    assert facts.default_region in facts.regions
    assert f"ec2.{facts.dns_suffix}" in facts.pass_role_services


def test_nothing_outside_the_settings_knows_a_partition():
    found = {}
    for path in _sources():
        # Comments and docstrings may tell about China; code may not.
        hits = sorted({name for text in _strings(path) for name in CHINA if name in text})
        if hits:
            found[str(path.relative_to(ROOT))] = hits
    assert found == {}, "ask settings.facts, and give settings.partition.Partition what it cannot answer yet"


@pytest.mark.parametrize(
    "text", ['x = "aws-cn"', 'x = f"{host}.amazonaws.com.cn/{path}"', 'if region in ("cn-north-1",): ...']
)
def test_the_scan_finds_what_it_looks_for(text: str, tmp_path: Path):
    path = tmp_path / "code.py"
    path.write_text(f'"""About aws-cn."""\n{text}\n', encoding="utf-8")
    assert [literal for literal in _strings(path) if any(name in literal for name in CHINA)]


def test_the_scan_lets_docstrings_pass(tmp_path: Path):
    path = tmp_path / "code.py"
    path.write_text('"""About aws-cn."""\n\n\ndef f():\n    """In cn-north-1."""  # aws-cn\n', encoding="utf-8")
    assert list(_strings(path)) == []


def _sources() -> list[Path]:
    hidden = {path.name for path in ROOT.iterdir() if path.name.startswith(".")}
    folders = [path for path in ROOT.iterdir() if path.is_dir() and path.name not in MAY_KNOW | NOT_OURS | hidden]
    return sorted([*ROOT.glob("*.py"), *(path for folder in folders for path in folder.rglob("*.py"))])


def _strings(path: Path) -> list[str]:
    """Every string in the code of a file, but its docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    constants = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in alone)
    return [node.value for node in constants if isinstance(node.value, str)]


@pytest.mark.parametrize("partition", PARTITIONS.values(), ids=lambda each: each.name)
def test_services_are_where_botocore_knows_them(partition: Partition) -> None:
    def known(service: str) -> set[str]:
        return set(botocore.session.Session().get_available_regions(service, partition_name=partition.name))

    assert set(partition.regions) == known("eks")
    assert {each for each in partition.regions if partition.has_managed_prometheus(each)} <= known("amp")
    assert {each for each in partition.regions if partition.has_codecommit(each)} <= known("codecommit")
    assert partition.has_codecommit(partition.default_region)


@pytest.mark.parametrize(
    "broken", [{"AWS_PROFILE": "nobody"}, {"AWS_CONFIG_FILE": __file__}, {"AWS_SHARED_CREDENTIALS_FILE": __file__}]
)
def test_the_facts_need_no_configuration_of_aws(broken: dict[str, str]) -> None:
    program = "from settings import load_settings; print(load_settings({}).region)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **broken, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "us-west-2"), done.stderr
