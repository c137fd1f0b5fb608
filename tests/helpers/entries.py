"""Published entries of made-up policies, and the site made of them."""

from vlagen_bench.leaderboard.site import boards, publish
from vlagen_bench.plan import catalog
from vlagen_bench.report import entries
from vlagen_bench.statistics.sampling import least_sample

EVIL = """</title></script><script>document.title='owned'</script><img src=x onerror=alert(1)>{{ 7*7 }}"'"""


def content(
    name, suite="paper", *, successes=120, n=192, resimulated=0, model="A model", notes=(), outcomes=None, **changes
):
    """What is in the file of an entry that was submitted; `outcomes` are a text of each condition, if they are known."""
    groups, own = entries.groups_of(suite), boards.own_protocol(catalog.suite(suite))
    episodes = n * len(groups)
    return {
        "schema": 1,
        "kind": "verified" if resimulated >= least_sample(episodes) else "self-run",
        "suite": suite,
        "name": name,
        "model": model,
        "source": {"citation": "none", "table": "submission 0123456789ab, by me@example.org", "read": "counted"},
        "protocol": {
            "suite_version": own.suite_version, "success": own.success, "settling": own.settling,
            "episodes_per_condition": n, "decoding": "greedy", "notes": ["policy: mine.py:Policy", *notes],
        },
        "conditions": {
            condition: {"n": n, "successes": successes} if outcomes is None else _cell(outcomes[condition])
            for condition in groups
        },
        "proof": {
            "archive_sha256": "a" * 64, "actions_sha256": "b" * 64, "states_sha256": "c" * 64, "plan_hash": "d" * 16,
            "actions_digests": "0123" * episodes, "states_digests": "4567" * episodes,
            "episodes": episodes, "resimulated": resimulated, "exact": resimulated, "release": "0.1.0",
            **({"sample_seed": 7} if 0 < resimulated < episodes else {}),
        },
        **changes,
    }  # fmt: skip


def _cell(outcomes):
    return {"n": len(outcomes) - outcomes.count("-"), "successes": outcomes.count("1"), "outcomes": outcomes}


def built(tmp_path, **options):
    publish(tmp_path / "site", **options)
    return sorted((tmp_path / "site").rglob("*.html"))
