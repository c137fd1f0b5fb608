"""The oracles, by the id of the task."""

from vlagen_bench.sim.maniskill.oracles import balls, cubes, pegs
from vlagen_bench.sim.maniskill.oracles.oracle import Oracle
from vlagen_bench.utils.registry import Registry

ORACLES: Registry[Oracle] = Registry("oracle")

for oracle in (
    Oracle(env_id="PickCube-v1", step_limit=150, registered_limit=50, version=1, shipped="solvePickCube"),
    Oracle(env_id="PushCube-v1", step_limit=150, registered_limit=50, version=1, shipped="solvePushCube"),
    Oracle(env_id="PullCube-v1", step_limit=150, registered_limit=50, version=1, shipped="solvePullCube"),
    Oracle(env_id="StackCube-v1", step_limit=200, registered_limit=50, version=1, routine=cubes.stack_cube),
    Oracle(env_id="StackPyramid-v1", step_limit=450, registered_limit=250, version=1, routine=cubes.stack_pyramid),
    Oracle(env_id="LiftPegUpright-v1", step_limit=300, registered_limit=50, version=1, routine=pegs.lift_peg_upright),
    Oracle(env_id="PullCubeTool-v1", step_limit=400, registered_limit=100, version=1, routine=pegs.pull_cube_tool),
    Oracle(env_id="PlugCharger-v1", step_limit=400, registered_limit=200, version=1, shipped="solvePlugCharger"),
    Oracle(
        env_id="PegInsertionSide-v1", step_limit=400, registered_limit=100, version=1, routine=pegs.peg_insertion_side
    ),
    Oracle(env_id="PlaceSphere-v1", step_limit=250, registered_limit=50, version=1, routine=balls.place_sphere),
    Oracle(env_id="PokeCube-v1", step_limit=250, registered_limit=50, version=1, routine=pegs.poke_cube),
    Oracle(env_id="RollBall-v1", step_limit=300, registered_limit=80, version=1, routine=balls.roll_ball),
):
    ORACLES.add(oracle.env_id, oracle)
