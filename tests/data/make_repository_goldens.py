"""Makes tests/data/repositories with the real lazyscribe, its clock set.

    PYTHON_WITH_LAZYSCRIBE tests/data/make_repository_goldens.py
"""

import json
import os
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from unittest import mock

from lazyscribe import Project, Repository
from lazyscribe import release as releases
from slugify import slugify

OUT = Path(__file__).parent / "repositories"
START = datetime(2030, 1, 2, 3, 4, 5)
SLUGS = [
    "My Model", "a_b", "Größe", "1,000 it's", "ß Ærø Łódź", "--x--", "Ünï'cödé", "UPPER lower", "a.b.c", "x" * 10,
    "tab\there", "é", "Œuvre", "100%", "a/b", "ĳ", "ŉ", "İstanbul ı", "Đ", "ſ",
]


def make(folder: Path) -> None:
    os.chdir(folder)
    now = START
    with mock.patch("lazyscribe.repository.utcnow", lambda: now):
        repository = Repository("repository.json", mode="w")
        repository.log_artifact("weights", [0, 1, 2], handler="json", indent=4)
        now += timedelta(hours=1)
        repository.log_artifact("weights", [0, 1, 2, 3], handler="json", indent=4)
        now += timedelta(hours=1)
        repository.log_artifact("Größe \U0001f600", {"a": 1.5}, handler="json", fname="deep/er.json")
        repository.set_artifact_expiry("weights", version=0, expiry="2031-01-01T00:00:00")
        repository.save()
    made = releases.create_release(Repository("repository.json", mode="r").filter([("weights", 1)]), "v1.0")
    made.created_at = now
    with open("releases.json", "w") as out:
        releases.dump([made], out, indent=4)
    with mock.patch("lazyscribe.experiment.utcnow", lambda: START), mock.patch("lazyscribe.test.utcnow", lambda: START):
        project = Project("project.json", mode="w", author="root")
        with project.log("My experiment") as experiment:
            experiment.log_metric("auroc", 0.5)
            experiment.log_parameter("features", ["a", "b"])
            experiment.tag("best")
            experiment.log_artifact("features", [0, 1, 2], handler="json")
            with experiment.log_test("My test") as test:
                test.log_metric("auroc", 0.25)
        # Its field's default was bound before the clock was set.
        experiment.created_at = experiment.last_updated = START
        experiment.slug = "my-experiment-20300102030405"
        project.save()
    for name in ("repository.json", "releases.json", "project.json"):
        (OUT / f"lazyscribe_2_2_{name}").write_bytes(Path(name).read_bytes())


OUT.mkdir(exist_ok=True)
with tempfile.TemporaryDirectory() as scratch:
    make(Path(scratch))
lines = [json.dumps({"text": text, "slug": slugify(text)}) for text in SLUGS]
(OUT / "slugs.jsonl").write_text("\n".join(lines) + "\n")
