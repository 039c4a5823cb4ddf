"""Writes fnmatch.jsonl (what Python's fnmatch says) and quiltignore.jsonl (what quilt3 8.0.0 packages).

Run it with a Python that has quilt3: python tests/data/make_ignore_goldens.py
"""

import fnmatch
import json
import pathlib
import random
import tempfile

from quilt3.util import quiltignore_filter

HERE = pathlib.Path(__file__).parent
PIECES = ["a", "b", "-", "!", "^", "]", "[", "*", "?", "/", "\\", ".", "é", "z", "[a-c]", "[!a]", "[z-a]", "[]a]",
          "[^a]", "[a-]", "[--/]", "[!-]", "[\\a]", "[&&a]", "[è-ê]", "*/", "**"]
NAMES = ["a", "b", "c", "z", "-", "!", "^", "]", "[", "/", "\\", ".", "é", "ab", "a/b", "&"]


def fnmatch_goldens(rng):
    for _ in range(1500):
        pattern = "".join(rng.choices(PIECES, k=rng.randint(1, 5)))
        texts = {"".join(rng.choices(NAMES, k=rng.randint(0, 5))) for _ in range(40)}
        # Some that are likely to match: the pattern with its wildcards replaced.
        for _ in range(10):
            texts.add("".join(rng.choice(NAMES) if c in "*?" else c for c in pattern))
        answers = {text: fnmatch.fnmatchcase(text, pattern) for text in sorted(texts)}
        yield {"pattern": pattern,
               "yes": [t for t, yes in answers.items() if yes],
               "no": [t for t, yes in answers.items() if not yes][:8]}


RULES = ["*.tmp", "data", "data/", "data/*", "sub/data", "*", "**/*.csv", "*/*.csv", "#x", "!keep.txt", " ", "a b", "a b ",
         "[ab].txt", "[!ab].txt", "/data", "?.txt", "sub/*/x.txt", "data/*/deep", "é*", ".hidden", "*.TMP", "x.txt\r",
         "\\#x", "keep.txt/", ".quiltignore", "", "deep/"]
FILES = ["a.txt", "b.txt", "c.txt", "keep.txt", "x.tmp", "data/x.txt", "data/x.csv", "data/one/deep/x.txt", "sub/data/x.txt",
         "sub/other/x.txt", "sub/x.csv", "x.csv", "#x", "a b", "é.txt", ".hidden/x", "deep", "sub/.hidden", " ", "data2/x.txt"]


def quilt_goldens(rng):
    for rules in [[r] for r in RULES] + [rng.sample(RULES, rng.randint(2, 4)) for _ in range(150)]:
        text = "\n".join(rules) + rng.choice(["", "\n", "\r\n"])
        files = sorted(rng.sample(FILES, rng.randint(8, len(FILES))))
        with tempfile.TemporaryDirectory() as name:
            root = pathlib.Path(name)
            for file in files:
                (root / file).parent.mkdir(parents=True, exist_ok=True)
                (root / file).write_text("x")
            ignore = root / ".quiltignore"
            ignore.write_bytes(text.encode())
            kept = [p for p in quiltignore_filter(root.rglob("*"), ignore, "file") if p.is_file()]
            yield {"rules": text, "files": files, "kept": sorted(p.relative_to(root).as_posix() for p in kept)}


def write(name, lines):
    with open(HERE / name, "w", encoding="utf-8") as file:
        for line in lines:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


write("fnmatch.jsonl", fnmatch_goldens(random.Random(1)))
write("quiltignore.jsonl", quilt_goldens(random.Random(2)))
