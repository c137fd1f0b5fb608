"""The claims of a submission: its header, and the plan that this release makes of the claimed suite."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from vlagen_bench.errors import ConfigError, VlagenError, unknown
from vlagen_bench.leaderboard.commitment import Opening
from vlagen_bench.leaderboard.limits import HEADER_BYTES, Refused
from vlagen_bench.leaderboard.untrusted_json import parse, shown
from vlagen_bench.packs import manifest
from vlagen_bench.plan import catalog
from vlagen_bench.plan.plan import make_plan, select
from vlagen_bench.runs import outside
from vlagen_bench.runs.records import PackKey, SuiteKey
from vlagen_bench.scenes import specs
from vlagen_bench.scenes.cameras import chosen_in, described, sizes_px
from vlagen_bench.types import Plan, Suite
from vlagen_bench.utils.parsing import build

PRIVILEGED = re.compile(r"(^|[./\\])(expert|replay|policies[./\\]expert[./\\]policy)(\.py)?(:|$)")
"""the built-in policies that look at the simulator, or repeat others, by their names, modules and files"""


@dataclass(frozen=True, kw_only=True)
class PolicyClaim:
    """The policy, by the name that it was loaded under."""

    name: str
    arguments: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class OutsideClaim:
    """What the run took from outside this package."""

    kind: str
    name: str
    sha256: str | None
    imports: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ChangeClaim:
    """That the run went on with another policy, or in another environment."""

    episodes: int
    policy: bool


@dataclass(frozen=True, kw_only=True)
class ManiSkillClaim:
    """How a task of ManiSkill was drawn."""

    fast_meshes: float | None = None


@dataclass(frozen=True, kw_only=True)
class Claims:
    """What of `header.json` a verification rests on; other keys are the submitter's word, and are not looked at."""

    schema: Literal[1]
    suite: SuiteKey
    conditions: tuple[str, ...]
    episodes_per_condition: int
    seed: int
    plan_hash: str
    policy: PolicyClaim
    oracle: bool
    pack: PackKey
    outside: tuple[OutsideClaim, ...] = ()
    fingerprint_changes: tuple[ChangeClaim, ...] = ()
    cameras: dict[str, tuple[int, int]] = field(default_factory=dict)
    maniskill: ManiSkillClaim = field(default_factory=ManiSkillClaim)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the entry should know."""
        changes = tuple(
            f"after {change.episodes} results, the product, the simulator, the renderer or the assets changed"
            for change in self.fingerprint_changes
            if change.episodes and not change.policy
        )
        meshes = ("the robots were drawn with decimated meshes",) if self.maniskill.fast_meshes is not None else ()
        return (*self._pictures, *meshes, *changes)

    @property
    def _pictures(self) -> tuple[str, ...]:
        """What the policy saw, where that is not what the suite's task shows by default.

        Other cameras and sizes may be ranked: they are the policy's choice, as its network is.
        """
        scene = specs.of_task(catalog.task(catalog.suite(self.suite.name).task))
        if not self.cameras or self.cameras == {name: tuple(size) for name, size in sizes_px(scene).items()}:
            return ()
        return (f"the policy saw these cameras: {shown(described(self.cameras), 200)} pixels",)


OWN = (
    "Suites of this release are ranked as they ship; for one of your own, include what it was run with: "
    "--include MODULE_OR_FOLDER"
)
LISTED = {"outside": OutsideClaim, "fingerprint_changes": ChangeClaim}
PARTS = {"suite": SuiteKey, "policy": PolicyClaim, "pack": PackKey, "maniskill": ManiSkillClaim}


def read(data: bytes) -> tuple[Claims, dict[str, Any]]:
    """The claims, and the whole header; raises `Refused` if it is no header."""
    header = parse(data, "header.json", HEADER_BYTES)
    kept = _kept(Claims, header)
    if isinstance(kept, dict):
        kept |= {name: _kept(kind, kept[name]) for name, kind in PARTS.items() if name in kept}
        for name, kind in LISTED.items():
            if isinstance(listed := kept.get(name), list):
                kept[name] = [_kept(kind, one) for one in listed]
    try:
        return build(Claims, kept, "header.json"), header
    except VlagenError as error:
        raise Refused(shown(str(error), 400)) from None


def _kept(kind: type, value: Any) -> Any:
    """Without the keys that nothing rests on, which differ from release to release."""
    names = {field.name for field in fields(kind)}
    return {key: item for key, item in value.items() if key in names} if isinstance(value, Mapping) else value


def plan_of(claims: Claims, opening: Opening | None = None) -> Plan:
    """The plan of the claimed suite, made by this release.

    Args:
        claims: of a header.
        opening: revealed seeds of a hidden split of this suite, one of which may be run instead of the suite's own.

    Raises:
        Refused: the policy is not to be ranked, or it is not the whole suite of this release.
    """
    _check_policy(claims)
    if not catalog.has_suite(claims.suite.name):
        if any(one.kind == "suite" for one in claims.outside):
            raise Refused(f"header.json: {_from_outside('suite', claims.suite.name)}, and is not here. {OWN}")
        raise Refused(f"header.json: {unknown('suite', shown(claims.suite.name), catalog.suite_names())}")
    suite = catalog.suite(claims.suite.name)
    each = "scenes" if suite.groups else "episodes per condition"
    wanted = {
        "version": (claims.suite.version, suite.version),
        "task": (claims.suite.task, suite.task),
        f"number of {each}": (claims.episodes_per_condition, suite.episodes),
    }
    for what, (given, right) in wanted.items():
        if given != right:
            raise Refused(
                f"header.json: the {what} is {shown(str(given))}, and that of the suite '{suite.name}' is {right} "
                f"in this release. A submission is of the whole suite, as it is."
            )
    if claims.conditions != suite.conditions:
        odd = sorted({*claims.conditions} ^ {*suite.conditions})
        raise Refused(
            f"header.json: the conditions are not those of the suite '{suite.name}'"
            f"{': ' + shown(', '.join(odd)) if odd else ', in their order'}. A submission is of the whole suite."
        )
    _check_seed(claims.seed, suite, opening)
    plan = make_plan(
        suite if claims.seed == suite.seed else select(suite, conditions=None, episodes=None, seed=claims.seed)
    )
    if claims.plan_hash != plan.hash:
        raise Refused(
            f"header.json: the plan's hash is {shown(claims.plan_hash)}, and this release makes {plan.hash} of the suite "
            f"'{suite.name}'. It was edited, or made by another release."
        )
    _check_pack(claims, plan)
    _check_cameras(claims, plan)
    _check_outside(claims, plan)
    return plan


def _check_policy(claims: Claims) -> None:
    if claims.oracle:
        raise Refused("The policy is an oracle: it sees the simulator's state, and is never ranked.")
    if changed := [change for change in claims.fingerprint_changes if change.policy and change.episodes]:
        raise Refused(
            f"header.json: after {changed[0].episodes} results the run went on with another policy "
            f"(--continue-with-changed-policy), so its numbers are of none. Run one policy in a new folder."
        )
    if PRIVILEGED.search(claims.policy.name.strip().casefold()):
        raise Refused(
            f"The policy is called '{shown(claims.policy.name)}', which sees the simulator's state or repeats another "
            f"run, whatever else the header says. It is never ranked."
        )


def _check_outside(claims: Claims, plan: Plan) -> None:
    """What a suite takes from outside has to be here, too, with the same content; a policy may come from anywhere."""
    # The policy's name is a stranger's, and looking for a module imports the packages around it.
    used = {(one["kind"], one["name"]): one for one in outside.used(plan, policy="")}
    here = {key: one["sha256"] for key, one in used.items()}
    claimed = {(one.kind, one.name): one.sha256 for one in claims.outside if one.kind != "policy"}
    for kind, name in sorted({*here, *claimed}):
        if here.get((kind, name)) != claimed.get((kind, name)):
            raise Refused(f"header.json: {_from_outside(kind, name)}, and is not here with the same content. {OWN}")
    for one in claims.outside:
        now = used.get((one.kind, one.name), {})
        if one.kind != "policy" and (names := outside.changed_imports({"imports": one.imports}, now)):
            raise Refused(
                f"header.json: {_from_outside(one.kind, one.name)}, and what it imports is not here with the same content: "
                f"{shown(', '.join(names))}. {OWN}"
            )


def _from_outside(kind: str, name: str) -> str:
    return f"the {shown(kind)} '{shown(name)}' came from outside this package"


def _check_seed(seed: int, suite: Suite, opening: Opening | None) -> None:
    revealed = opening.seeds if opening and opening.suite == suite.name else ()
    if opening and revealed and opening.suite_version != suite.version:
        raise Refused(
            f"The revealed seeds are of version {opening.suite_version} of the suite '{suite.name}', and this release has "
            f"version {suite.version}, whose episodes are others."
        )
    if seed in (suite.seed, *revealed):
        return
    others = " or one of the revealed" if revealed else ""
    if opening and not revealed:
        others = f", and the revealed ones are of the suite '{shown(opening.suite)}'"
    raise Refused(
        f"header.json: the seed is {seed}, and the suite's is {suite.seed}{others}. "
        f"Who may choose a seed may choose the best of many."
    )


def _check_cameras(claims: Claims, plan: Plan) -> None:
    """What an entry says of the pictures comes from these names and sizes, so they have to be ones that the scene can draw."""
    scene = specs.of_task(catalog.task(plan.suite.task))
    if not claims.cameras:
        return
    try:
        drawn = sizes_px(chosen_in(scene, claims.cameras).scene(scene))
    except ConfigError as error:
        raise Refused(f"header.json: cameras: {shown(str(error), 300)}") from None
    if drawn != {name: list(size) for name, size in claims.cameras.items()}:
        raise Refused(
            f"header.json: cameras: {shown(described(claims.cameras), 200)} is not what the scene {scene.name} draws for these "
            f"names, {described(drawn)}: it was edited."
        )


def _check_pack(claims: Claims, plan: Plan) -> None:
    pack = manifest.load(specs.of_task(catalog.task(plan.suite.task)).pack)
    if (claims.pack.name, claims.pack.version) != (pack.name, pack.version):
        raise Refused(
            f"header.json: the asset pack is {shown(claims.pack.name)} {claims.pack.version}, and the suite's is "
            f"{pack.name} {pack.version}."
        )
    if claims.pack.stand_ins:
        raise Refused(
            f"header.json: {len(claims.pack.stand_ins)} asset files were stand-ins for upstream's, so the pictures were "
            f"others. Run it with the pack as it is published: vlagen assets install {pack.name}"
        )
