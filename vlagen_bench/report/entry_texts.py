"""The rule for names and texts of leaderboard entries, applied wherever they enter: submission, verification, site.

A fault is a clause that goes on from "The name" or the place of a text; None: there is no fault.
"""

import re
import unicodedata
from collections.abc import Iterable

from vlagen_bench.utils.text import shown

NAME = re.compile(r"(?!(?:con|prn|aux|nul|com\d|lpt\d)$)[a-z0-9][a-z0-9-]{1,62}[a-z0-9]")
"""of an entry, which becomes a file's name on every system; some are Windows' devices"""
NAME_RULE = "Use 3 to 64 lower-case letters, digits and hyphens"
TEXT_CHARS = 2_000
"""of one string, so that nobody's log is flooded"""
FIELD_CHARS = 500
"""of one field or note of a card: some sentences"""
NOTES = 20
MARKS = 3
"""combining marks on one letter: some scripts need so many, and more cover other text"""

# Characters that are printable by their category and show nothing: Unicode's Default_Ignorable_Code_Point
# (DerivedCoreProperties.txt 15.1), as far as they are letters, marks or symbols, and the blank pattern of Braille.
INVISIBLE = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# What is mistaken for another ASCII letter. No two digits are alike, so that numbers of versions stay different.
SINGLE = str.maketrans("012589iq|", "olzsbglgl")
SEVERAL = (("rn", "m"), ("vv", "w"), ("cl", "d"))
# Letters of other alphabets that look like an ASCII letter, lower case (confusables.txt of Unicode's TS 39).
CYRILLIC = dict(
    zip(
        "\u0430\u0435\u0456\u0458\u043e\u0440\u0441\u0443\u0445\u0455\u04bb\u0501\u051b\u051d",
        "aeijopcyxshdqw",
        strict=True,
    )
)
GREEK = dict(zip("\u03b1\u03b9\u03bd\u03bf\u03c1\u03c5\u0131", "aivopui", strict=True))
ASCII_OF = str.maketrans(CYRILLIC | GREEK)
RESERVED = re.compile(r"verified|verifled|self.?run|re.?simulated|simulated again|bit for bit")
"""what only a verifier says of an entry"""


def name_fault(name: str) -> str | None:
    """What is wrong with the name of an entry."""
    if not NAME.fullmatch(name):
        return f"'{shown(name)}' is not allowed. {NAME_RULE}; no dots, and none of Windows' devices."
    if found := RESERVED.search(name):
        return f"'{name}' is not allowed: only a verification says '{found[0]}' of an entry. {NAME_RULE}."
    return None


def name_beside(name: str, others: Iterable[str]) -> str | None:
    """The first other name that a reader could take for this one."""
    own = skeleton(name)
    return next((other for other in others if other != name and skeleton(other) == own), None)


def skeleton(name: str) -> str:
    """What names have in common that look alike, in the sense of Unicode's TS 39: case, digits for letters, hyphens.

    Examples:
        >>> skeleton("base-mode1") == skeleton("Base-Model") == skeleton("basemodel")
        True
        >>> skeleton("model-1-1") == skeleton("model-11")
        False
    """
    text = unicodedata.normalize("NFKC", name).casefold().translate(ASCII_OF)
    text = re.sub(r"(?<!\d)[-._ ]+|[-._ ]+(?!\d)", "", text).translate(SINGLE)
    for seen, meant in SEVERAL:
        text = text.replace(seen, meant)
    return text


def text_fault(text: str, limit: int = TEXT_CHARS) -> str | None:
    """What is wrong with a text that is to be shown: too long, invisible in part, or looking like other text."""
    if len(text) > limit:
        return f"has {len(text)} characters, and at most {limit} are allowed."
    for char in text:
        if not char.isprintable() or INVISIBLE.match(char):
            return f"has the character U+{ord(char):04X}, which cannot be seen. Take it out."
    if not unicodedata.is_normalized("NFC", text):
        return "is text in a decomposed form, which looks like other text. Write it in Unicode's NFC."
    if _most_marks(text) > MARKS:
        return f"has more than {MARKS} combining marks on one letter, which cover other text. Take them out."
    return None


def words_fault(text: str, limit: int = TEXT_CHARS, *, beside_verdict: bool = False) -> str | None:
    """What is wrong with a text that a submitter wrote.

    Args:
        text: in a field of the card.
        limit: of its length, in characters.
        beside_verdict: whether it is shown beside what the verifier says, without a word of who says it.
    """
    if (fault := text_fault(text, limit)) is not None:
        return fault
    if not any(unicodedata.category(char)[0] in "LN" for char in text):
        return "has no letter and no digit. Say it in words, or 'none'."
    plain = unicodedata.normalize("NFKC", text).casefold().translate(ASCII_OF)
    if beside_verdict and (found := RESERVED.search(plain)):
        return f"says '{found[0]}', which only a verification says of an entry. Put it in other words, or in the notes."
    return None


def _most_marks(text: str) -> int:
    most = run = 0
    for char in text:
        run = run + 1 if unicodedata.category(char) in ("Mn", "Me") else 0
        most = max(most, run)
    return most
