"""The metadata of artifacts as PyYAML reads it: the same values that Unio's own readers find in the golden files."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest
import yaml

DATA = Path(__file__).parents[1] / "data"
SPEC = importlib.util.spec_from_file_location("make_artifact_goldens", DATA / "make_artifact_goldens.py")
goldens = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(goldens)


@pytest.mark.parametrize("name", ["plain", "hostile", "elliptio"])
def test_pyyaml_reads_what_our_readers_read(name: str) -> None:
    expected = json.loads((DATA / "artifacts/expected.json").read_text())
    assert goldens.documents()[name] == expected[name]


def test_what_we_write_has_its_keys_in_the_order_in_which_pyyaml_writes_them() -> None:
    def check(value: object) -> None:
        if isinstance(value, dict):
            assert list(value) == sorted(value)
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
            check(inner)

    for name in ("plain", "hostile"):
        check(yaml.safe_load((DATA / f"artifacts/{name}.yaml").read_bytes()))
