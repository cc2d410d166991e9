"""A file of requirements: what may be in it, and the image that follows from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from settings import Registry, Settings, SettingsError, load_releases, load_settings, packages

ACCOUNT = "123456789012"
AIRFLOW = load_releases().images["airflow"].tag


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "ROOT", tmp_path)


def settings(text: str | None, folder: Path, **context: str) -> Settings:
    """Settings with a file of this text, or without one."""
    if text is None:
        return load_settings(context)
    (folder / "requirements.txt").write_text(text, encoding="utf-8")
    return load_settings({"airflow.requirements": "requirements.txt", **context})


def tag(text: str, folder: Path, **context: str) -> str:
    """The tag of the image with these packages."""
    return Registry(settings=settings(text, folder, **context), account=ACCOUNT).image("airflow").tag


class TestAMistake:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("", "names no package"),
            ("# pandas\n\n", "names no package"),
            ("pandas\n-r other.txt\n", "line 2, -r other.txt: only packages are taken, no options"),
            ("--index-url https://example.com\n", "line 1, --index-url https://example.com: only packages"),
            ("pandas==2.3.3 --hash=sha256:00\n", "line 1: hashes are not taken"),
            (
                "xyz==1\npandas==2.3.3 \\\n    --hash=sha256:00 \\\n    --hash=sha256:01\n",
                "line 3: hashes are not taken",
            ),
            (
                "pandas==2.3.3 \\\n  ; python_version > '3'\n",
                "a requirement is one line; write it without the backslash",
            ),
            ("pandas=2.3\n", "line 1, pandas=2.3: is no requirement, like pandas==2.3.3"),
            ("tool @ git+ssh://git@example.com/tool\n", "a package comes from an index, or from an https:// address"),
            ("apache-airflow==3.1.0\n", f"line 1, apache-airflow==3.1.0: the image has Airflow {AIRFLOW}; leave the"),
            ("Apache_Airflow[ldap]<3\n", f"the image has Airflow {AIRFLOW}"),
        ],
    )
    def test_ends_with_one_message(self, tmp_path: Path, text: str, said: str) -> None:
        with pytest.raises(SettingsError) as raised:
            settings(text, tmp_path)
        (message,) = str(raised.value).splitlines()
        assert message.startswith("airflow.requirements = requirements.txt: ")
        assert said in message

    def test_a_file_that_is_not_there(self) -> None:
        with pytest.raises(SettingsError, match=r"airflow\.requirements = team\.txt: cannot be read: No such file"):
            load_settings({"airflow.requirements": "team.txt"})

    def test_a_folder(self) -> None:
        with pytest.raises(SettingsError, match="cannot be read: Is a directory"):
            load_settings({"airflow.requirements": "."})

    def test_a_file_of_something_else(self, tmp_path: Path) -> None:
        (tmp_path / "packages.whl").write_bytes(b"\xff\xfe\x00")
        with pytest.raises(SettingsError, match="is not written in UTF-8; save it so"):
            load_settings({"airflow.requirements": "packages.whl"})


def test_a_byte_order_mark_means_nothing(tmp_path: Path) -> None:
    assert tag("\ufeffpandas==2.3.3\n", tmp_path) == tag("pandas==2.3.3\n", tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        "pandas",
        "pandas==2.3.3  # why",
        "dbt-core[x]>=1,<2; python_version >= '3.12'",
        "tool @ https://example.com/tool-1.0-py3-none-any.whl",
        f"apache-airflow=={AIRFLOW}",
        "apache-airflow-providers-snowflake",
    ],
)
def test_what_may_be_in_it(tmp_path: Path, line: str) -> None:
    assert settings(f"{line}\n", tmp_path).airflow.requirements == "requirements.txt"


class TestTheImage:
    @pytest.mark.parametrize(
        ("context", "host"),
        [
            ({}, "123456789012.dkr.ecr.us-west-2.amazonaws.com"),
            ({"partition": "aws-cn"}, "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn"),
        ],
    )
    def test_is_in_the_account_s_own_registry(self, tmp_path: Path, context: dict[str, str], host: str) -> None:
        registry = Registry(settings=settings("pandas==2.3.3\n", tmp_path, **context), account=ACCOUNT)
        image = registry.image("airflow")
        assert image.repository == f"{host}/airflow-eks/airflow"
        assert image.tag.startswith(f"{AIRFLOW}-")
        assert registry.version("airflow") == AIRFLOW

    def test_is_the_published_one_without_a_file(self, tmp_path: Path) -> None:
        registry = Registry(settings=settings(None, tmp_path), account=ACCOUNT)
        assert str(registry.image("airflow")) == f"docker.io/apache/airflow:{AIRFLOW}"

    def test_is_alone_in_having_packages(self, tmp_path: Path) -> None:
        with_packages = Registry(settings=settings("pandas\n", tmp_path), account=ACCOUNT)
        without = Registry(settings=settings(None, tmp_path), account=ACCOUNT)
        for key in load_releases().images:
            assert (with_packages.image(key) == without.image(key)) is (key != "airflow")
            assert with_packages.published_image(key) == without.image(key)

    def test_keeps_its_tag_while_nothing_changes(self, tmp_path: Path) -> None:
        first = tag("pandas==2.3.3\n", tmp_path)
        assert tag("# for the reports\n\npandas==2.3.3   # pinned\n", tmp_path) == first
        assert tag("pandas==2.3.3\n", tmp_path, partition="aws-cn", size="dev") == first

    def test_has_another_tag_once_something_does(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        tags = {tag("pandas==2.3.3\n", tmp_path), tag("pandas==2.3.2\n", tmp_path)}
        dockerfile = tmp_path / "Dockerfile"
        dockerfile.write_text("FROM scratch\n", encoding="utf-8")
        monkeypatch.setattr(packages, "DOCKERFILE", dockerfile)
        tags.add(tag("pandas==2.3.3\n", tmp_path))
        changed = load_releases().model_copy(deep=True)
        image = changed.images["airflow"].model_copy(update={"digest": f"sha256:{'0' * 64}"})
        changed.images["airflow"] = image
        registry = Registry(settings=settings("pandas==2.3.3\n", tmp_path), account=ACCOUNT, releases=changed)
        tags.add(registry.image("airflow").tag)
        assert len(tags) == 4
