"""Runs of one plan by made-up policies, to be compared."""

CONDITIONS = ("nominal", "lighting_l3", "mass_l3")


def good(episode):
    return "failure" if episode.index == 0 else "success"


def weak(episode):
    """Loses under light, all but index 0, which the good one loses; else the same."""
    lit = episode.condition == "lighting_l3"
    return "success" if lit and episode.index == 0 else "failure" if lit else good(episode)


def bad(_):
    return "failure"
