"""What an axis or a family of tasks from outside must not declare is refused when it is registered, with its file."""

import pytest

from helpers import outside
from vlagen_bench.axes import AXES
from vlagen_bench.axes.shared import declared
from vlagen_bench.calibration import severity
from vlagen_bench.errors import ConfigError
from vlagen_bench.tasks import FAMILIES
from vlagen_bench.utils import plugins

KIND, SIZED = 'kind: ClassVar = "vision"', 'sized_by: ClassVar = "depth"'
BOUNDS, LEVELS = "bounds: ClassVar = (0.0, 1.0)", "levels: ClassVar = (0.15, 0.3, 0.45, 0.6, 0.75)"


def refused(path):
    """What including the place says, and that nothing of it stays."""
    with outside.forgotten():
        before = (AXES.names(), FAMILIES.names())
        with pytest.raises(ConfigError) as error:
            plugins.include(path)
        assert (AXES.names(), FAMILIES.names()) == before
    return str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"render"', '"rendr"', "`stage`: There is no stage 'rendr'. Did you mean 'render'? There are: build, "),
        (
            '"vision"',
            '"visual"',
            "`kind`: There is no kind 'visual'. There are: dynamics, execution, semantics, vision.",
        ),
        ('"picture"', '"pictur"', "`measure`: There is no measure 'pictur'. Did you mean 'picture'?"),
        ('name: ClassVar = "gloom"', 'name: ClassVar = "Gloom 1"', "`name` is 'Gloom 1'"),
        (KIND, f'{KIND}; assets: ClassVar = "object"', "`assets`: There is no assets 'object'"),
        (KIND, f'{KIND}; requires_roles: ClassVar = ("sorce",)', "`requires_roles`: There is no role 'sorce'"),
        (KIND, f'{KIND}; requires_roles: ClassVar = "source"', "`requires_roles` is 'source'. Write a tuple"),
        (KIND, f'{KIND}; requires_axes: ClassVar = ("positon",)', "`requires_axes`: There is no axis 'positon'"),
        (
            KIND,
            f'{KIND}; requires_capabilities: ClassVar = ("wings",)',
            "There is no capability 'wings'. There are: col",
        ),
        (KIND, f'{KIND}; after: ClassVar = ("objct",)', "`after`: There is no axis 'objct'. Did you mean 'object'?"),
        (KIND, f'{KIND}; settings: ClassVar = {{"dark": {{"dept": 1}}}}', "`settings`: dark: There is no field 'dept'"),
        (SIZED, "", "it has `levels`, but no `sized_by`: name the field that a level sets. There are: depth"),
        (SIZED, 'sized_by: ClassVar = "dept"', "`sized_by`: There is no field 'dept'. Did you mean 'depth'?"),
        (BOUNDS, "", "it is sized by `depth`, but has no `bounds`"),
        (BOUNDS, "bounds: ClassVar = (0.0, 0.5)", "`levels`: 0.6 is no size from 0 to 0.5, its `bounds`"),
        (BOUNDS, "bounds: ClassVar = (1.0, 0.0)", "Give the least size, then the largest"),
        (LEVELS, "levels: ClassVar = (0.15, 0.15)", "Each has to be harder than the one before"),
        ("@dataclass(frozen=True, kw_only=True)\n", "", "it is no dataclass"),
        ("def apply", "def aply", "it does not define `apply`. Every axis needs that."),
    ],
)
def test_a_wrong_declaration_of_an_axis_is_named_with_axis_and_file(tmp_path, old, new, says):
    path = tmp_path / "axes" / "gloom.py"
    path.parent.mkdir()
    assert old in outside.AXIS
    path.write_text(outside.AXIS.replace(old, new))
    said = refused(tmp_path)
    assert says in said and f" ({path}): " in said and said.startswith("The axis "), said


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("def judge(cls", "def juge(cls", "it does not define `judge`. Every family needs that."),
        ("    failure_modes: ClassVar", "    modes: ClassVar", "`failure_modes` is None. Write what there is, as {"),
        ('{"source": "object"}', '{"target": "receptacle"}', "`roles` has no `source`"),
        ('{"source": "object"}', '{"source": "objct"}', "`roles`: source: There is no axis 'objct'. Did you mean"),
        ("    rule: ClassVar = TouchRule\n", "", "`rule` is None. Give a frozen dataclass"),
        ('f"{__name__}:TouchRoutine"', '"nope"', "`expert` is 'nope'. Write `module:Class`"),
        ("    about: ClassVar", "    says: ClassVar", "`about` is missing"),
    ],
)
def test_a_wrong_declaration_of_a_family_is_named_with_family_and_file(tmp_path, old, new, says):
    place = outside.touching(tmp_path)
    path = place / "tasks" / "touch.py"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    said = refused(place)
    assert says in said and said.startswith(f"The family touch ({path}): "), said


def test_a_role_of_a_family_from_the_same_place_is_known(tmp_path):
    place = outside.touching(tmp_path)
    path = place / "tasks" / "touch.py"
    path.write_text(path.read_text().replace('{"source": "object"}', '{"source": "object", "lid": "receptacle"}'))
    (place / "axes").mkdir()
    needs = f'{KIND}; requires_roles: ClassVar = ("lid",)'
    (place / "axes" / "gloom.py").write_text(outside.AXIS.replace(KIND, needs))
    with outside.forgotten():
        plugins.include(place)
        assert "gloom" in AXES and "touch" in FAMILIES


def test_the_measures_and_capabilities_that_axes_may_name_are_those_that_exist():
    assert severity.MEASURES.names() == declared.MEASURES
    assert {one for axis in AXES for one in axis.requires_capabilities} == set(declared.CAPABILITIES)
