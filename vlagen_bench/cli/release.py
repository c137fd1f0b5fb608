"""`vlagen-train release` and `vlagen-train card`: a file of weights that is shipped, and the card of its leaderboard entry."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro
from tyro.conf import Positional

from vlagen_bench.cli.common import OK, say
from vlagen_bench.errors import ConfigError

if TYPE_CHECKING:
    from vlagen_bench.policies.compact.checkpoint import ModelCard
    from vlagen_bench.policies.compact.network import CompactNetwork

CONTACT = "the maintainers of vlagen_bench"


def release(
    checkpoint: Annotated[Positional[Path], tyro.conf.arg(metavar="CHECKPOINT")],
    *,
    name: str,
    origin: str,
    data: str | None = None,
    out: Path | None = None,
    work: Path | None = None,
    licence: str = "MIT",
    contact: str = CONTACT,
    episodes: int = 96,
    storage: Literal["float16", "bfloat16", "float32"] = "float16",
    workers: int = 0,
) -> int:
    """Stores a checkpoint as it is shipped: in half the space, with a card, after both files have played the same episodes.

    What is scored afterwards is the stored file; the comparison says what the rounding changed, and the card keeps it.
    Repeating an interrupted command goes on with it.

    Args:
        checkpoint: a `.safetensors` file that training wrote.
        name: what the policy is called, such as reference-sft.
        origin: what made it, such as "stage sft of study@1, commit 0123abc".
        data: what it was trained on; default: as the checkpoint's card says, which names folders.
        out: the file to write; default for reference-sft and reference-ppo: where this version looks for it.
        work: the folder of the comparison's runs and of card.yaml; default: runs/release-NAME.
        licence: of the weights.
        contact: who answers questions, for the leaderboard.
        episodes: of the comparison, nominal ones of a seed that no suite and no training uses; 0: none.
        storage: the numbers of the file.
        workers: processes; 0: one for each core.
    """
    from vlagen_bench.policies import shipped
    from vlagen_bench.policies.compact import checkpoint as file
    from vlagen_bench.train import release as releases
    from vlagen_bench.utils.locations import sha256

    if out is None and name not in shipped.REFERENCE:
        raise ConfigError(f"--name {name}: only {' and '.join(shipped.REFERENCE)} have a place. Name one: --out FILE")
    config = releases.ReleaseConfig(
        source=checkpoint, name=name, target=out or shipped.weights_of(name), work=work or Path("runs") / f"release-{name}",
        origin=origin, data=data, licence=licence, episodes=episodes, storage=storage, workers=workers,
    )  # fmt: skip
    network, trained = file.load(checkpoint)
    # What the leaderboard would refuse is said before anything is played.
    _entry_card(checkpoint, network, releases.planned_card(config, trained), contact, "none")
    rounding = releases.release(config)
    network, card = file.load(config.target)
    entry = config.work / "card.yaml"
    entry.write_text(_entry_card(config.target, network, card, contact, sha256(config.target)), encoding="utf-8")
    say(f"Written: {config.target}, {config.target.stat().st_size / 1e6:.1f} MB, {card.storage}.")
    say(f"Rounding: {'not looked at' if rounding is None else rounding.sentence()}.")
    say(f"Card of its leaderboard entry: {entry}")
    return OK


def card(
    checkpoint: Annotated[Positional[Path], tyro.conf.arg(metavar="CHECKPOINT")],
    *,
    out: Path = Path("card.yaml"),
    contact: str = CONTACT,
) -> int:
    """Writes the card of a leaderboard entry from what a released checkpoint says of itself.

    Args:
        checkpoint: a file that `vlagen-train release` wrote.
        out: the card to write.
        contact: who answers questions.
    """
    from vlagen_bench.policies.compact import checkpoint as file
    from vlagen_bench.utils.locations import sha256

    if out.exists():
        raise ConfigError(f"{out} is there already. Remove it first, or name another file: --out FILE")
    network, told = file.load(checkpoint)
    if not told.name or not told.origin:
        raise ConfigError(
            f"{checkpoint} was not released: its card has no name or no origin. Release it first: vlagen-train release"
        )
    text = _entry_card(checkpoint, network, told, contact, sha256(checkpoint))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding="utf-8")
    say(f"Written: {out}")
    return OK


def _entry_card(path: Path, network: "CompactNetwork", card: "ModelCard", contact: str, weights_sha256: str) -> str:
    """The leaderboard's card, with nothing left to fill in; raises `ConfigError` where the leaderboard would refuse it."""
    from vlagen_bench.leaderboard import card as entries
    from vlagen_bench.leaderboard.limits import Refused

    known = {
        "name": card.name,
        "model": f"compact, {network.parameters_m():.1f} M parameters, trained by {card.trained_by}; {card.origin}",
        "training_data": f"{card.data}; {card.episodes} demonstrations, {card.rl_steps} control steps of RL",
        "benchmark_seen": "train split",
        "decoding": f"greedy, chunks of {network.config.chunk} actions",
        "hardware": "two CPU cores",
        "contact": contact,
        "licence": card.licence,
        "publication": "none",
        "weights_sha256": weights_sha256,
    }
    text = entries.template(known)
    try:
        entries.read(text.encode("utf-8", "surrogatepass"))
    except Refused as error:
        raise ConfigError(
            f"The leaderboard would refuse the card of {path}: {error} It is made from what vlagen-train release is told: --name, "
            f"--origin, --data, --licence, --contact"
        ) from None
    return text
