"""How does what a policy says become a part of a sentence?"""

LONGEST_TEXT = 1000
"""letters of what a policy says of its error"""


def one_line(error: BaseException) -> str:
    """`KeyError: 'x'`, on one line."""
    text = shown(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def shown(said: object) -> str:
    """Its text as a part of a sentence: on one line, of a sane length, and without what a terminal would obey."""
    try:
        text = str(said)[: 2 * LONGEST_TEXT]
    except BaseException as error:
        return f"(its text cannot be shown: {type(error).__name__})"
    text = "".join(letter if letter.isprintable() else "?" for letter in " ".join(text.split()))
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 3] + "..."
