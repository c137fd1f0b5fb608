"""The card of a submission: who submits which model, as plain text without YAML's machinery."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

import yaml

from vlagen_bench.errors import ConfigError
from vlagen_bench.leaderboard.limits import CARD_BYTES, Refused
from vlagen_bench.leaderboard.untrusted_json import shown
from vlagen_bench.report.entry_texts import FIELD_CHARS, NOTES, name_fault, words_fault
from vlagen_bench.utils.parsing import build

TO_FILL = "FILL IN"
DEPTH = 2
"""a mapping, and lists in it"""


@dataclass(frozen=True, kw_only=True)
class Card:
    """What numbers cannot say. It is the submitter's word: nothing of it is verified."""

    name: str
    """of the entry: lower case letters, digits and hyphens"""
    model: str
    """what it is: architecture, size, how it was trained"""
    training_data: str
    """what it was trained on"""
    benchmark_seen: Literal["none", "train split", "test split"]
    """what of this benchmark's objects, tables, textures and words was in the training data"""
    decoding: str
    """how actions are drawn from the model: greedy, temperature, flow steps"""
    hardware: str
    """what the run was made on"""
    contact: str
    """who answers questions"""
    licence: str
    """of the weights, or that they are not published"""
    publication: str = "none"
    """a paper or page"""
    weights_sha256: str = "none"
    """of the weights' file or folder, or of the container, as it was pledged to a hidden split; see `pledge`"""
    notes: tuple[str, ...] = ()
    """what a reader should know, a sentence each"""


BESIDE_VERDICT = ("model", "contact", "publication")
"""fields that the site and the command show beside what they say themselves"""
HINTS = {
    "name": "of the entry: lower case letters, digits and hyphens",
    "model": "architecture, size, how it was trained",
    "training_data": "what it was trained on",
    "benchmark_seen": "none, train split or test split: what of this benchmark was in the training data",
    "decoding": "how actions are drawn from the model: greedy, temperature, flow steps",
    "hardware": "what the run was made on",
    "contact": "who answers questions",
    "licence": "of the weights, or that they are not published",
    "publication": "a paper or page, or none",
    "weights_sha256": "of the weights, as pledged to a hidden split, or none",
}


def template(known: Mapping[str, str] | None = None) -> str:
    """A card to fill in; what is known stands in it already."""
    known = known or {}
    lines = [f"{name}: {json.dumps(known.get(name, TO_FILL))}  # {hint}" for name, hint in HINTS.items()]
    return "\n".join([*lines, "notes: []  # what a reader should know, a sentence each", ""])


def read(data: bytes, where: str = "card.yaml") -> Card:
    """The card in a YAML text; raises `Refused` if it is not filled in, or says anything else."""
    if len(data) > CARD_BYTES:
        raise Refused(f"{where} has {len(data)} bytes, and at most {CARD_BYTES} are allowed.")
    values = _flat(data, where)
    try:
        card = build(Card, values, where)
    except ConfigError as error:
        raise Refused(shown(str(error), 400)) from None
    if len(card.notes) > NOTES:
        raise Refused(f"{where}: there are {len(card.notes)} notes, and at most {NOTES} are allowed.")
    for field in fields(Card):
        for text in (getattr(card, field.name),) if field.name != "notes" else card.notes:
            _check(field.name, text, where)
    if (fault := name_fault(card.name)) is not None:
        raise Refused(f"{where}: the name {fault}")
    return card


def _check(field: str, text: str, where: str) -> None:
    if not text.strip() or TO_FILL in text:
        raise Refused(f"{where}: '{field}' is not filled in. {HINTS.get(field, 'Or leave it out.')}")
    if (fault := words_fault(text, FIELD_CHARS, beside_verdict=field in BESIDE_VERDICT)) is not None:
        raise Refused(f"{where}: '{field}' {fault}")


def _flat(data: bytes, where: str) -> dict[str, Any]:
    """Key -> text or list of texts.

    Read from the parser's events, so that tags, anchors, types and depth have no code that could be made to run.
    """
    try:
        events = list(_checked(yaml.parse(data.decode("utf-8"), Loader=yaml.SafeLoader), where))
    except (yaml.YAMLError, ValueError) as error:
        raise Refused(f"{where} is not valid YAML: {shown(' '.join(str(error).split()), 200)}.") from None
    if sum(isinstance(event, yaml.DocumentStartEvent) for event in events) > 1:
        raise Refused(f"{where} has more than one document.")
    if len(events) < 3 or not isinstance(events[2], yaml.MappingStartEvent):
        raise Refused(f"{where} is not a mapping. `vlagen leaderboard card` writes one to fill in.")
    body = iter(events[3:-3])  # without the ends of mapping, document and stream
    pairs: dict[str, Any] = {}
    for key in body:
        if not isinstance(key, yaml.ScalarEvent):
            raise Refused(f"{where}: a key is not text. A card has one level of keys.")
        if key.value in pairs:
            raise Refused(f"{where}: the key '{shown(key.value)}' stands twice.")
        pairs[key.value] = _value(next(body), body, f"{where}: {shown(key.value)}")
    return pairs


def _checked(events: Iterable[yaml.Event], where: str) -> Iterator[yaml.Event]:
    """The events as they come, so that what is deep or clever is refused before the rest is even scanned."""
    depth = 0
    for event in events:
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEPTH:
            raise Refused(f"{where} is nested. A card has texts, and lists of texts.")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise Refused(f"{where} has an anchor or an alias (& or *). Write the text out, in quotes if it begins so.")
        if getattr(event, "tag", None) is not None:
            raise Refused(f"{where} has a tag (!). A card is plain text; put it in quotes if it begins so.")
        yield event


def _value(event: yaml.Event, body: Iterator[yaml.Event], where: str) -> Any:
    if isinstance(event, yaml.ScalarEvent):
        return event.value
    if not isinstance(event, yaml.SequenceStartEvent):
        raise Refused(f"{where} is nested. A card has texts, and lists of texts.")
    texts: list[str] = []
    for item in body:
        if isinstance(item, yaml.SequenceEndEvent):
            return tuple(texts)
        if not isinstance(item, yaml.ScalarEvent):
            raise Refused(f"{where} is nested. A card has texts, and lists of texts.")
        texts.append(item.value)
    raise Refused(f"{where} breaks off.")
