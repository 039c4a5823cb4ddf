"""Reads all files below a folder one by one, which is the least that reading cached entries can cost.

python_files.py FOLDER
"""

import sys
from pathlib import Path

from python_timing import Stopwatch

paths = sorted(str(path) for path in Path(sys.argv[1]).rglob("*.bin"))
size = 0
reading = Stopwatch()
for path in paths:
    with open(path, "rb") as file:
        size += len(file.read())
reading.answer(len(paths), size)
