"""cdk.json as editors and people leave it: read, or refused with one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from settings import SettingsError, cdk_json_context
from settings import context as reader


@pytest.fixture
def cdk_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(reader, "CDK_JSON", tmp_path / "cdk.json")
    return tmp_path / "cdk.json"


def test_a_byte_order_mark_means_nothing(cdk_json: Path) -> None:
    cdk_json.write_text('{"context": {"settings": {"size": "dev"}}}', encoding="utf-8-sig")
    assert cdk_json_context() == {"settings": {"size": "dev"}}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"context": {\n"a": 1,\n}}', "is not JSON: line 2 has a comma that nothing follows; take it out"),
        (b'{"context": {"a": [1,\n]}}', "is not JSON: line 1 has a comma that nothing follows; take it out"),
        (b'{"context": {"a" 1}}', "is not JSON: line 1, column 18: expecting"),
        (b'{"context": {}', "is not JSON: line 1, column 15: expecting"),
        (b"", "is not JSON: it is empty; take it back from git"),
        (b" \n", "is not JSON: it is empty; take it back from git"),
        (b"\xff\xfe{\x00", "is not written in UTF-8; save it so"),
        (b"{}", "has no block `context`"),
        (b"[]", "has no block `context`"),
        (b'{"context": "dev"}', "has no block `context`"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(cdk_json: Path, content: bytes, said: str) -> None:
    cdk_json.write_bytes(content)
    with pytest.raises(SettingsError) as raised:
        cdk_json_context()
    assert str(raised.value).startswith(f"cdk.json {said}")
    assert "\n" not in str(raised.value)


def test_one_that_is_not_there(cdk_json: Path) -> None:
    with pytest.raises(SettingsError, match=r"^cdk.json cannot be read: No such file or directory"):
        cdk_json_context()
    assert not cdk_json.exists()
