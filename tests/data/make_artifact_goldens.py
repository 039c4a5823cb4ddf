#!/usr/bin/env python3
"""Makes tests/data/artifacts/elliptio.yaml as ElliptIO writes it, and expected.json: what PyYAML reads in each file there,
as the document that Unio makes of it. plain.yaml and hostile.yaml are Unio's own bytes (tests/unit/model/artifact_yaml_test.cpp).

Usage: .venv/bin/python tests/data/make_artifact_goldens.py
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import yaml

FOLDER = Path(__file__).parent / "artifacts"
ID = "artifact_b4c31f3a-c25d-4dda-aa74-cab7245116f8"
ELLIPTIO = {
    "artifact_id": ID,
    "run_id": "run_2ea13cb6-61b9-41ef-82f7-b58acf119180",
    "username": "andy",
    "hostname": "cgebbe",
    "argv": "/home/andy/venvs/elliptio/bin/python -m ipykernel_launcher --f=/home/andy/kernel: #1.json",
    "creation_time": datetime(2023, 12, 3, 13, 42, 55, 338000, tzinfo=UTC),
    "python_packages": {"GitPython": "3.1.40", "PyYAML": "6.0.1", "pandas": "2.1.3", "zope": "1.0", "y": "2023-12-03"},
    "based_on": [],
    "labels": {
        "datatype": "annotation_file",
        "ticket": "AB-123",
        "project": "awesome-project",
        "dataset": "",
        "description": "a long text that PyYAML folds into more than one line, since it has more than eighty characters in it, é",
        "infos": {"stratification": "new cool method", "note": "two\nlines"},
    },
    "remote_root": f"/home/andy/tmp/elliptio/2023/12/03/andy/134255_{ID}",
    "local_root": "",
    "file_relpaths": ["train.txt", "test.txt"],
    "log_relpaths": [],
    "version": 1,
}
OURS = {"capture": "", "logs": [], "masked": 0, "revision": 0, "schema_version": 1, "system": {}}


def text_of(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S") + (f".{time.microsecond:06}Z" if time.microsecond else "Z")


def document(loaded: dict) -> dict:
    """What Unio makes of a file: with its own keys, and times as texts."""
    found = {key: text_of(value) if isinstance(value, datetime) else value for key, value in (OURS | loaded).items()}
    found["file_relpaths"] = sorted(found["file_relpaths"])
    found.setdefault("files", [{"relpath": relpath} for relpath in found["file_relpaths"]])
    return dict(sorted(found.items()))


def documents() -> dict[str, dict]:
    return {path.stem: document(yaml.safe_load(path.read_bytes())) for path in sorted(FOLDER.glob("*.yaml"))}


if __name__ == "__main__":
    (FOLDER / "elliptio.yaml").write_text(yaml.dump(ELLIPTIO), encoding="utf-8")
    (FOLDER / "expected.json").write_text(json.dumps(documents(), indent=1) + "\n")
