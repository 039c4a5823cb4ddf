"""Python blocks in Markdown: runs all of a page's in one interpreter, and compares what their examples print.

A block begins with ```python. One with `>>> ` in it is a doctest, in which `...` stands for anything; any other is a
program. Times, names made of them and the home folder may differ.

    python python_blocks.py PAGE      runs the page in the present folder; exit code 1 where it is wrong
"""

from __future__ import annotations

import doctest
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from console_blocks import HOME_SHOWN, without_times


@dataclass
class Block:
    line: int  # number of its first line in the page
    code: str

    @property
    def is_doctest(self) -> bool:
        return any(line.startswith(">>> ") for line in self.code.splitlines())


def blocks_of(text: str) -> Iterator[Block]:
    first, code = 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("```"):
            code += line + "\n"
            continue
        if first:
            yield Block(first, code)
        first, code = (number + 1 if line == "```python" else 0), ""


class Checker(doctest.OutputChecker):
    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        return super().check_output(_comparable(want), _comparable(got), optionflags)

    def output_difference(self, example: doctest.Example, got: str, optionflags: int) -> str:
        return super().output_difference(example, _as_shown(got), optionflags)


def _as_shown(text: str) -> str:
    return text.replace(os.environ["HOME"], HOME_SHOWN)


def _comparable(text: str) -> str:
    return "".join(without_times(line) + "\n" for line in _as_shown(text).splitlines())


def run(page: Path) -> int:
    """How many examples of the page are wrong; each is printed. A program that fails ends the run."""
    names: dict[str, object] = {"__name__": "page"}
    runner = doctest.DocTestRunner(Checker(), verbose=False, optionflags=doctest.ELLIPSIS)
    for block in blocks_of(page.read_text()):
        if block.is_doctest:
            # One dictionary for all blocks, which the parser would copy.
            test = doctest.DocTestParser().get_doctest(block.code, {}, page.name, str(page), block.line - 1)
            test.globs = names
            runner.run(test, clear_globs=False)
        else:
            # Empty lines before it, so that a traceback has the page's own line numbers.
            exec(compile("\n" * (block.line - 1) + block.code, page, "exec"), names)
    return runner.summarize(verbose=False).failed


if __name__ == "__main__":
    sys.exit(1 if run(Path(sys.argv[1])) else 0)
