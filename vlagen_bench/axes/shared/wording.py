"""The measure of a reworded instruction: the share of its words that changed."""

import re

_WORD = re.compile(r"[\w'’]+")


def words_of(sentence: str) -> tuple[str, ...]:
    """The words, in small letters, without punctuation."""
    return tuple(_WORD.findall(sentence.lower()))


def words_changed(sentence: str, other: str) -> float:
    """The share of words, 0 to 1, that must be replaced, added or left out to make one of the other.

    The edit distance of Levenshtein, over words, divided by the words of the longer sentence; order counts.
    """
    first, second = words_of(sentence), words_of(other)
    if not first and not second:
        return 0.0
    row = list(range(len(second) + 1))
    for i, word in enumerate(first, start=1):
        before, row[0] = row[0], i
        for j, another in enumerate(second, start=1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != another))
    return row[-1] / max(len(first), len(second))
