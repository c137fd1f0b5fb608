"""The names of protocols: what tells one from another, in a few words."""

import textwrap

from vlagen_bench.report.entries import Protocol

LONGEST = 60
"""letters of a deviation"""


def name_of(protocol: Protocol) -> str:
    """Such as `version 1, success at any step, objects still falling`; then its deviations, each shortened."""
    success = {"at_end": "at the last step", "once": "at any step"}[protocol.success]
    settled = "objects at rest" if protocol.settling else "objects still falling"
    own = (textwrap.shorten(said.removeprefix("it "), LONGEST, placeholder=" …") for said in protocol.deviations)
    return ", ".join((f"version {protocol.suite_version}", f"success {success}", settled, *own))
