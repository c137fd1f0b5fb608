"""The committed curves of severity, and the task on which they are measured live."""

from helpers.places import DOCS
from vlagen_bench.calibration import curves

FOLDER = DOCS / "axes"
COMMITTED = curves.read_all(FOLDER)
TASKS = sorted({curve.task.partition("@")[0] for curve in COMMITTED})
LIVE = "tabletop_put_on"
