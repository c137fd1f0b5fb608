"""Run folders that nobody ran, with metrics by rule."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from helpers.fabricated import fabricate


def behaved(path: Path, behaviour: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> Path:
    """The same run folder, whose records say of the arm what the rule says of them."""
    file = path / "episodes.jsonl"
    records = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    for record in records:
        if record["outcome"] != "error":
            record["metrics"] |= behaviour(record)
    file.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def progressed(path: Path, progress: Callable[[Mapping[str, Any]], float], *, oversized: int = 0, **more: Any) -> Path:
    """A run whose episodes come as far as the rule says of their records; an episode that came to 1 succeeds."""
    seen: dict[str, float] = {}

    def outcome(episode: Any) -> str:
        seen[episode.id] = progress(episode.to_dict())
        return "success" if seen[episode.id] == 1 else "failure"

    fabricate(path, "quick", outcome, **more)
    file = path / "episodes.jsonl"
    records = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    for record in records:
        record["metrics"] |= {"progress": round(seen[record["id"]], 4), "oversized_steps": oversized}
    file.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path
