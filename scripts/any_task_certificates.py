"""Puts the table of certificates of ManiSkill's tasks, docs/certificates/any-task-*.jsonl, into docs/any_task.md.

python scripts/any_task_certificates.py
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = DOCS / "any_task.md"
BEGIN, END = (
    "<!-- certificates: made by `python scripts/any_task_certificates.py` -->",
    "<!-- end of the certificates -->",
)
HEAD = "| suite | episodes | solved | what was not solved | marks |\n|---|---|---|---|---|\n"


def main() -> None:
    """Writes the table."""
    text = PAGE.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n{HEAD}{''.join(rows())}{END}{after}", encoding="utf-8")


def rows() -> Iterator[str]:
    """A row a file: the whole suites first."""
    files = sorted((DOCS / "certificates").glob("any-task-*.jsonl"), key=lambda file: ("full" in file.name, file.name))
    for file in files:
        head, *found = map(json.loads, file.read_text(encoding="utf-8").splitlines())
        lost = Counter(one["condition"] for one in found if not one["solved"])
        marks = Counter(re.sub(r" \(\d+ pixels\)", "", mark) for one in found for mark in one["problems"])
        cells = (head["suite"]["name"], len(found), sum(one["solved"] for one in found), told(lost), told(marks))
        yield f"| {' | '.join(map(str, cells))} |\n"


def told(counts: Counter[str]) -> str:
    """`a (2), b`; a dash for nothing."""
    return ", ".join(f"{name} ({number})" if number > 1 else name for name, number in sorted(counts.items())) or "-"


if __name__ == "__main__":
    main()
