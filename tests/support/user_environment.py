"""The environment of a user who has set up nothing."""

from __future__ import annotations

import os
from pathlib import Path

from unio_command import unio_path


def environment_of(home: Path) -> dict[str, str]:
    """For programs that import unio, and run the command, in the name of the user whose home that is."""
    environment = {
        "HOME": str(home),
        "USER": "ada",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PATH": f"{unio_path().parent}:{os.environ['PATH']}",
    }
    # Where the package is imported from when it is not installed.
    if "PYTHONPATH" in os.environ:
        environment["PYTHONPATH"] = os.environ["PYTHONPATH"]
    return environment
