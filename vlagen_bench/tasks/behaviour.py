"""The behaviour of the arm in an episode, beside success: what is measured, with units, and how it follows from samples."""

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from operator import mul

TOOL_HZ = 50
"""how many times in a second of simulated time the tool is looked at"""
CONTACTS_HZ = 16
"""the same for contacts, which take longer to read: a contact shorter than 0.06 s may be missed"""
TOPPLED_DEG = 45.0
"""a thing that is tilted further than this from how it stood is knocked over"""
FALLEN_M = 0.05
"""a thing whose origin is so much below the table's top is off the table"""
TOUCH_N = 0.5
"""a link that presses on the table with this force, or more, touches it; as `judge.GRASP_MIN_FORCE_N`"""
APART_S = 0.12
"""a hit begins when nothing of the robot has touched the table for so long: a link that scrapes along bounces"""
SHORTEST_M = 1e-3
"""a straight line shorter than this has no ratio"""

Point = Sequence[float]
Stand = tuple[float, Point]
"""of a thing: the height of its origin (m, world), and the world's up as a unit vector in the thing's own frame"""


@dataclass(frozen=True, kw_only=True)
class Measure:
    """What is known of a metric of behaviour, for tables and checks."""

    name: str
    """its key in a record"""
    words: str
    unit: str = ""
    """empty: a count, a ratio or a share"""
    of_success: bool = False
    """whether only episodes that succeeded have it"""
    optional: bool = False
    """whether it is None where it is not defined"""
    whole: bool = False
    """whether it is a whole number in each episode"""
    least: float = 0.0
    share: bool = False
    """whether it is shown in percent"""

    @property
    def label(self) -> str:
        """With its unit, for the head of a row."""
        return f"{self.words}, {self.unit}" if self.unit else self.words


MEASURES = (
    Measure(name="time_to_success_s", words="time to success", unit="s", of_success=True, optional=True),
    Measure(name="path_ratio", words="path over straight line", of_success=True, optional=True, least=1.0),
    Measure(name="path_m", words="path of the tool", unit="m"),
    Measure(name="jerk_rms_m_s3", words="jerk, root mean square", unit="m/s\N{SUPERSCRIPT THREE}", optional=True),
    Measure(name="table_force_n", words="largest force on the table", unit="N"),
    Measure(name="thing_force_n", words="largest force on a thing", unit="N"),
    Measure(name="table_hits", words="hits on the table", whole=True),
    Measure(name="things_toppled", words="things knocked over", whole=True),
    Measure(name="things_off_table", words="things off the table", whole=True),
)
"""all that a record has, in the order of tables"""


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """What one episode measured, from its first control step to its last."""

    time_to_success_s: float | None
    """simulated seconds to the end of the first control step that ended in success; None unless the episode succeeded"""
    path_ratio: float | None
    """path of the tool up to then, over the straight lines from its start to where it first grasped the source, and on to
    where it was at that success; None unless the episode succeeded"""
    path_m: float
    """path of the tool in the whole episode"""
    jerk_rms_m_s3: float | None
    """root mean square of the third derivative of the tool's position; None of an episode of less than 0.06 s"""
    table_force_n: float
    """the most with which a link of the robot pressed on the table"""
    thing_force_n: float
    """the most with which a link of the robot pressed on a thing, the source among them"""
    table_hits: int
    """how often the robot came to touch the table"""
    things_toppled: int
    """things other than the source that were tilted by more than `TOPPLED_DEG` at some step"""
    things_off_table: int
    """things that were off the table at some step"""


def recorded(behaviour: Behaviour) -> dict[str, float | int | None]:
    """As metrics, by name."""
    return {one.name: getattr(behaviour, one.name) for one in fields(behaviour)}


class Course:
    """What is measured while an episode is played, within control steps and at their ends.

    Plain sums in double precision, in one order: equal physics give equal numbers on every processor.
    """

    def __init__(self, tool_m: Point, things: Mapping[str, Stand], *, table_m: float, tool_s: float) -> None:
        """Nothing has happened.

        Args:
            tool_m: where the tool is, in the world.
            things: by role, as they stand.
            table_m: height of the table's top.
            tool_s: simulated time between two looks at the tool.
        """
        self._tool_s, self._lowest_m = tool_s, table_m - FALLEN_M
        self._stood = {role: up for role, (_, up) in things.items()}
        self._toppled: set[str] = set()
        self._fallen: set[str] = set()
        self._path_m, self._last_m = 0.0, tuple(tool_m)
        self._way_m, self._corner_m = 0.0, self._last_m
        self._recent = deque([self._last_m], maxlen=4)
        self._jerks, self._jerk_squares = 0, 0.0
        self._table_n = self._thing_n = 0.0
        self._hits, self._touched_s = 0, -math.inf
        self._grasped = False
        self._success: tuple[float, float | None] | None = None

    def moved(self, tool_m: Point) -> None:
        """A look at where the tool is."""
        self._moved_to(tool_m)
        self._recent.append(self._last_m)
        if len(self._recent) == 4:
            self._jerks += 1
            a, b, c, d = self._recent
            x, y, z = (d[axis] - 3 * c[axis] + 3 * b[axis] - a[axis] for axis in (0, 1, 2))
            self._jerk_squares += x * x + y * y + z * z

    def pressed(self, table_n: float, thing_n: float, *, time_s: float) -> None:
        """A look at contacts, at a time: the largest forces of a link of the robot on the table, and on a thing."""
        self._table_n, self._thing_n = max(self._table_n, table_n), max(self._thing_n, thing_n)
        if table_n >= TOUCH_N:
            self._hits += time_s - self._touched_s > APART_S
            self._touched_s = time_s

    def interrupted(self, things: Mapping[str, Stand]) -> None:
        """Something moved these things while nobody looked; jerk is not taken over it."""
        self._stood |= {role: up for role, (_, up) in things.items()}
        self._recent.clear()

    def stepped(
        self, tool_m: Point, things: Mapping[str, Stand], *, time_s: float, grasped: bool, success: bool
    ) -> None:
        """The end of a control step.

        Args:
            tool_m: where the tool is.
            things: by role, as they stand.
            time_s: simulated time since the episode began.
            grasped: whether the source was grasped, now or before.
            success: whether the task is done now.
        """
        self._moved_to(tool_m)
        if grasped and not self._grasped and self._success is None:
            self._grasped = True
            self._turn()
        if success and self._success is None:
            self._turn()
            ratio = max(1.0, self._path_m / self._way_m) if self._way_m >= SHORTEST_M else None
            self._success = time_s, ratio
        for role, (height_m, up) in things.items():
            if height_m < self._lowest_m:
                self._fallen.add(role)
            if role != "source" and sum(map(mul, up, self._stood[role])) < math.cos(math.radians(TOPPLED_DEG)):
                self._toppled.add(role)

    def behaviour(self, *, success: bool) -> Behaviour:
        """What was measured, of an episode that ends now, as a success or not."""
        time_s, ratio = self._success if success and self._success is not None else (None, None)
        jerk = math.sqrt(self._jerk_squares / self._jerks) / self._tool_s**3 if self._jerks else None
        return Behaviour(
            time_to_success_s=time_s,
            path_ratio=ratio,
            path_m=self._path_m,
            jerk_rms_m_s3=jerk,
            table_force_n=self._table_n,
            thing_force_n=self._thing_n,
            table_hits=self._hits,
            things_toppled=len(self._toppled),
            things_off_table=len(self._fallen),
        )

    def _moved_to(self, tool_m: Point) -> None:
        self._path_m += _distance_m(self._last_m, tool_m)
        self._last_m = tuple(tool_m)

    def _turn(self) -> None:
        """The straight line comes to here, and goes on from here."""
        self._way_m += _distance_m(self._corner_m, self._last_m)
        self._corner_m = self._last_m


def _distance_m(a: Point, b: Point) -> float:
    x, y, z = a[0] - b[0], a[1] - b[1], a[2] - b[2]
    return math.sqrt(x * x + y * y + z * z)
