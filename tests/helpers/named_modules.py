"""The modules that are named or imported by a string, which no import shows, each with the reason."""

BY_NAME: dict[str, tuple[tuple[str, ...], str]] = {
    "vlagen_bench/tasks/pick_up.py": (
        ("vlagen_bench.policies.expert.pick_up:PickUpRoutine",),
        "a family says which routine solves it, as one from outside does; only the expert, above it, loads that",
    ),
    "vlagen_bench/tasks/put_on.py": (
        ("vlagen_bench.policies.expert.put_on:PutOnRoutine",),
        "as for pick_up",
    ),
    "vlagen_bench/policies/base.py": (
        (
            "vlagen_bench.policies.random:Random",
            "vlagen_bench.policies.noop:Noop",
            "vlagen_bench.policies.expert.policy:Expert",
            "vlagen_bench.policies.replay:Replay",
            "vlagen_bench.policies.compact.policy:CompactVLA",
            "vlagen_bench.policies.compact.reference:ReferenceSFT",
            "vlagen_bench.policies.compact.reference:ReferencePPO",
        ),
        "the built-in policies are loaded as those of users are, and each only when it is asked for",
    ),
    "vlagen_bench/policies/adapters/names.py": (
        (
            "vlagen_bench.policies.adapters.gr00t:Gr00t",
            "vlagen_bench.policies.adapters.lerobot:LeRobot",
            "vlagen_bench.policies.adapters.simpler:Octo",
            "vlagen_bench.policies.adapters.onnx:Onnx",
            "vlagen_bench.policies.adapters.openpi:OpenPi",
            "vlagen_bench.policies.adapters.openvla:OpenVLA",
            "vlagen_bench.policies.adapters.openvla_oft:OpenVLAOFT",
            "vlagen_bench.policies.adapters.sb3:StableBaselines3",
            "vlagen_bench.policies.adapters.simpler:Simpler",
            "vlagen_bench.policies.adapters.torchscript:TorchScript",
        ),
        "each adapter is loaded only when it is asked for",
    ),
    "vlagen_bench/diagnostics/adapter_check/recording.py": (
        ("vlagen_bench.diagnostics.adapter_check",),
        "the recordings beside it, which are no code",
    ),
    "vlagen_bench/envs/registration.py": (
        ("vlagen_bench.envs.env:make_task_env", "vlagen_bench.envs.vector:vector_env"),
        "Gymnasium's entry points, so that registering ids loads no simulator",
    ),
    "vlagen_bench/scenes/native.py": (
        ("vlagen_bench.sim.maniskill.any_task.scout",),
        "what a task of ManiSkill holds only the simulator knows, and only planning such a task asks for it",
    ),
    "vlagen_bench/diagnostics/doctor.py": (("vlagen_bench.sim.vulkan.probe",), "a process of its own, which may crash"),
    "vlagen_bench/leaderboard/sandbox.py": (("vlagen_bench.leaderboard.sandbox_child",), "a process of its own"),
    "vlagen_bench/report/html/shell.py": (("vlagen_bench.",), "the templates of a package, which are no code"),
}
"""module -> the modules of this package that it names by a string, and the reason; a string is no import, so that a name
may point up"""
LOADING = {
    "vlagen_bench/axes/__init__.py": "every file of its own package",
    "vlagen_bench/scenes/native.py": "the scout of a task of ManiSkill",
    "vlagen_bench/sim/maniskill/any_task/entries.py": "a task of ManiSkill, by the name that a user gives",
    "vlagen_bench/tasks/__init__.py": "every file of its own package",
    "vlagen_bench/policies/modules.py": "a policy, by the name that a user gives",
    "vlagen_bench/policies/adapters/names.py": "an adapter",
    "vlagen_bench/policies/adapters/simpler.py": "the class of an object, by the name that a user gives",
    "vlagen_bench/policies/expert/policy.py": "the routine of a family",
    "vlagen_bench/utils/importing.py": "places from outside",
}
"""module -> what it imports by a string"""
