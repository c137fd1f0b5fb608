"""Data sets that models are trained on: what their actions and states mean, and their published statistics.

Sources. `bridge_orig` and `fractal20220817_data`: the statistics that the published OpenVLA 7B carries (`norm_stats`); actions of
both are changes of the tool along the axes of the base, the gripper from 0 (closed) to 1 (open). LIBERO: robosuite's
controller OSC_POSE turns its input from -1 to 1 into 0.05 m and 0.5 rad (rotation vector), +1 closes. The rotation vector
of its state comes from MuJoCo's quaternion, whose sign is left as it is: a tool that points down has a vector near (+pi, 0, 0), beyond pi too, and
never jumps to (-pi, 0, 0). Its positions are those of its world. There the base of the Panda stands, by the scene's table
(Lifelong-Robot-Learning/LIBERO, `libero/libero/envs/robots/*_panda.py`, `problems/*.py`), at the places in `LIBERO_BASES_M`; the height
0.912 is that of robosuite's mount. Its tool point, robosuite's `grip_site`, is 7 mm nearer to the flange than ours (0.2035 m for
0.2104 m), which is not converted. Its raw pictures stand on
their heads, and the scripts of openpi and OpenVLA rotate them by 180 degrees, so that models saw the world mirrored
(openvla/openvla issue 295, huggingface/lerobot issue 3830). `libero_rlds`: the same in the form of OpenVLA's data, whose gripper
is 1 (open) or 0. `vlagen`: this package's own actions, as `vlagen collect` writes them.
"""

import dataclasses
from dataclasses import dataclass
from math import sqrt

from vlagen_bench.errors import PolicyError, unknown
from vlagen_bench.policies.adapters.actions import ActionForm
from vlagen_bench.policies.adapters.observations import StateForm
from vlagen_bench.policies.conversion.images import Turn
from vlagen_bench.policies.conversion.normalisation import Statistics
from vlagen_bench.policies.conversion.states import Point

TOP_DOWN = (sqrt(0.5), 0.0, sqrt(0.5), 0.0)
"""BridgeData's arm calls the pose from above no turn: its orientations are R D^-1 with D the quarter turn about y
(rail-berkeley/bridge_data_robot, `widowx_controller.py`; the same in the evaluations of open-pi-zero and GR00T)"""
ALL_BUT_THE_GRIPPER = (True,) * 6 + (False,)


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """What a data set holds."""

    name: str
    action: ActionForm
    state: StateForm
    statistics: Statistics | None = None
    """of actions, in the data set's units"""
    turn: Turn = "none"
    """how its pictures are flipped, seen from ours"""


BRIDGE = Dataset(
    name="bridge_orig",
    action=ActionForm(rotation="euler_xyz", gripper="one_open", gripper_threshold=0.5),
    state=StateForm(parts=("position", "euler_xyz_fixed", "opening"), rest_quat_wxyz=TOP_DOWN),
    statistics=Statistics(
        q01=(-0.02872725307941437, -0.04170349963009357, -0.026093858778476715, -0.08092105075716972,
             -0.09288699507713317, -0.20718276381492615, 0.0),
        q99=(0.028309678435325586, 0.040855254605412394, 0.040161586627364146, 0.08192047759890528,
             0.07792850524187081, 0.20382574498653397, 1.0),
        mean=(0.0002334194869035855, 0.00013004911306779832, -0.00012762474943883717, -0.0001556558854645118,
              -0.0004039328487124294, 0.00023557482927571982, 0.5764579176902771),
        std=(0.009765930473804474, 0.013689135201275349, 0.012667362578213215, 0.028534092009067535,
             0.030637972056865692, 0.07691419124603271, 0.4973701536655426),
        min=(-0.4007510244846344, -0.13874775171279907, -0.22553899884223938, -3.2010786533355713,
             -1.8618112802505493, -6.279075622558594, 0.0),
        max=(0.41691166162490845, 0.25864794850349426, 0.21218234300613403, 3.122201919555664,
             1.8618112802505493, 6.280478477478027, 1.0),
        mask=ALL_BUT_THE_GRIPPER,
    ),
)  # fmt: skip
FRACTAL = Dataset(
    name="fractal20220817_data",
    action=BRIDGE.action,
    state=StateForm(parts=("position", "quat_xyzw", "closing")),
    statistics=Statistics(
        q01=(-0.22453527510166169, -0.14820013284683228, -0.231589707583189, -0.3517994859814644,
             -0.4193011274933815, -0.43643461108207704, 0.0),
        q99=(0.17824687153100965, 0.14938379630446405, 0.21842354819178575, 0.5892666035890578,
             0.35272657424211445, 0.44796681255102094, 1.0),
        mean=(0.006987582892179489, 0.006265917327255011, -0.01262515690177679, 0.04333311319351196,
              -0.005756212864071131, 0.0009130256366916001, 0.5354204773902893),
        std=(0.0692116990685463, 0.05970962345600128, 0.07353084534406662, 0.15610496699810028,
             0.13164450228214264, 0.14593800902366638, 0.497110515832901),
        min=(-2.0204520225524902, -5.497899532318115, -2.031663417816162, -1.569917917251587,
             -1.569892168045044, -1.570419430732727, 0.0),
        max=(2.9984593391418457, 22.09052848815918, 2.7507524490356445, 1.570636510848999,
             1.5321086645126343, 1.5691522359848022, 1.0),
        mask=ALL_BUT_THE_GRIPPER,
    ),
)  # fmt: skip
LIBERO_BASES_M: dict[str, Point] = {
    "table": (-0.66, 0.0, 0.912),
    "floor": (-0.6, 0.0, 0.0),
    "living_room": (-0.51, 0.0, 0.42),
    "study": (-0.75, 0.0, 0.912),
}
"""table: libero_spatial, libero_goal, and the kitchens of libero_10 and libero_90; floor: libero_object"""
LIBERO = Dataset(
    name="libero",
    action=ActionForm(
        translation_unit_m=0.05,
        rotation="axis_angle",
        rotation_unit_rad=0.5,
        gripper="plus_one_closed",
        gripper_threshold=0.0,
    ),
    state=StateForm(parts=("position", "axis_angle_x", "fingers"), base_m=LIBERO_BASES_M["table"]),
    turn="horizontal",
)
LIBERO_RLDS = dataclasses.replace(
    LIBERO, name="libero_rlds", action=dataclasses.replace(LIBERO.action, gripper="one_open", gripper_threshold=0.5)
)
VLAGEN = Dataset(
    name="vlagen",
    action=ActionForm(gripper="plus_one_open"),
    state=StateForm(parts=("position", "quat_wxyz", "opening", "joints")),
)
LIBERO_OBJECT = dataclasses.replace(
    LIBERO_RLDS,
    name="libero_object",
    state=dataclasses.replace(LIBERO_RLDS.state, base_m=LIBERO_BASES_M["floor"]),
)
"""the suite whose robot stands on the floor, by a key of OpenVLA's statistics"""
_BY_NAME = {dataset.name: dataset for dataset in (BRIDGE, FRACTAL, LIBERO, LIBERO_RLDS, VLAGEN)}
OPENVLA_7B = "openvla/openvla-7b"
PUBLISHED_WITH = {
    OPENVLA_7B: ("bridge_orig", "fractal20220817_data"),
    "gen-robot/openvla-7b-rlvla-warmup": ("bridge_orig",),
    "gen-robot/openvla-7b-rlvla-rl": ("bridge_orig",),
}
"""by checkpoint, the keys of the statistics above that it is known to have. The last two were trained and evaluated with OpenVLA's own
`bridge_orig` (gen-robot/RL4VLA, README and evaluation)"""
OF_SCENE = {"bridge": "bridge_orig", "tabletop": "vlagen"}
"""by scene, the data set that was recorded with its robot"""


def dataset_names() -> tuple[str, ...]:
    """All that are known."""
    return tuple(_BY_NAME)


def dataset(name: str) -> Dataset:
    """The data set of this name; raises `PolicyError` with the nearest name otherwise."""
    if name not in _BY_NAME:
        raise PolicyError(f"trained_on: {unknown('data set', name, _BY_NAME)}")
    return _BY_NAME[name]


def published_statistics(checkpoint: str = OPENVLA_7B) -> dict[str, Statistics]:
    """The statistics of actions that are shipped because a published checkpoint has them, by key; empty for any other."""
    keys = PUBLISHED_WITH.get(checkpoint, ())
    return {name: held.statistics for name, held in _BY_NAME.items() if name in keys and held.statistics is not None}


def dataset_of_key(key: str) -> Dataset:
    """The data set whose form actions under a key of OpenVLA's statistics have: LIBERO's, or that of BridgeData."""
    if key.startswith(LIBERO_OBJECT.name):
        return LIBERO_OBJECT
    if key.startswith("libero"):
        return LIBERO_RLDS
    return _BY_NAME.get(key, BRIDGE)
