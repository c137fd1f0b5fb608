"""`vlagen collect` and `vlagen check-demonstrations`: what they say, and their exit codes."""

import dataclasses

import pytest

from helpers import demonstrated
from vlagen_bench.cli import collect
from vlagen_bench.cli.common import INCOMPLETE, INTERRUPTED, OK
from vlagen_bench.demonstrations import check
from vlagen_bench.demonstrations import collect as machinery
from vlagen_bench.demonstrations.check import CheckedEpisode
from vlagen_bench.demonstrations.dataset import Dataset
from vlagen_bench.errors import ConfigError, PolicyError, VlagenError

SMALL = {"cameras": "front,wrist", "image_size": "front=32,wrist=16", "workers": 1}


class Alone(demonstrated.Alone):
    """Plays the fake, in this process."""

    def __init__(self, recipe, size, note):
        super().__init__(dataclasses.replace(recipe, make_player=demonstrated.player), size, note)


@pytest.fixture(autouse=True)
def _without_processes(monkeypatch):
    monkeypatch.setattr(machinery, "Workers", Alone)


def test_a_collection_says_what_it_made_and_goes_on(tmp_path, capsys):
    folder = tmp_path / "demos"
    assert collect.collect(folder, 5, only_success=True, **SMALL) == OK
    said = capsys.readouterr().out
    assert "5 episodes, 20 frames. Played: 7, of which 5 succeeded (71 %)." in said
    assert "successful episodes a core-minute" in said and f"Dataset: {folder}" in said
    assert collect.collect(folder, 6, only_success=True, **SMALL) == OK
    said = capsys.readouterr().out
    assert f"{folder} has 5 of 6 episodes." in said and "New: 1, in " in said
    assert collect.collect(folder, 6, only_success=True, **SMALL) == OK
    assert "New:" not in capsys.readouterr().out and len(Dataset(folder)) == 6


def test_an_interruption_keeps_what_was_played(tmp_path, capsys, monkeypatch):
    class Interrupted(Alone):
        def made(self, next_index):
            yield next(super().made(next_index))
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(machinery, "Workers", Interrupted)
        assert collect.collect(tmp_path, 3, **SMALL) == INTERRUPTED
    assert "What was played is kept. To go on, give the command again." in capsys.readouterr().out
    assert collect.collect(tmp_path, 3, **SMALL) == OK
    assert f"{tmp_path} has 1 of 3 episodes." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "kind", "sentence"),
    [
        ({"noise": 2.0}, ConfigError, "--noise 2.0: give a share from 0 to 1"),
        ({"noise_episodes": -1.0}, ConfigError, "--noise-episodes -1.0: give a share"),
        ({"seed": 5}, ConfigError, "--seed 5: training seeds begin at 2000000"),
        ({"distribution": "word"}, ConfigError, "no distribution 'word'. Did you mean 'words'"),
        ({"distribution": "words", "task": "tabletop_put_on"}, ConfigError, "Give either --distribution or --task"),
        ({"task": "tabletop_put"}, ConfigError, "no task 'tabletop_put'"),
        ({"policy": "expart"}, PolicyError, "no built-in policy 'expart'. Did you mean 'expert'"),
        ({"takeover": "expert"}, ConfigError, "--takeover expert: it is the demonstrator itself"),
        ({"takeover": "gone.py:P"}, PolicyError, "There is no policy file gone.py"),
        ({"cameras": "front,top"}, ConfigError, "no camera 'top'"),
        ({"image_size": "front=3"}, ConfigError, "give N for N x N pixels"),
        ({"episodes": 0}, ConfigError, "--episodes 0: at least 1 is needed"),
        ({"workers": 0}, ConfigError, "--workers 0: at least 1 is needed"),
        ({"policy_args": ("a",)}, ConfigError, "'a' is not KEY=VALUE"),
    ],
)
def test_a_mistake_is_a_sentence(tmp_path, options, kind, sentence):
    with pytest.raises(kind) as caught:
        collect.collect(**{"out": tmp_path / "out", "episodes": 1, **SMALL, **options})
    assert sentence in str(caught.value)


PARTICULAR = """
class Policy:
    spec = {spec}
    def act(self, obs, instr):
        return [0, 0, 0, 0, 0, 0, 1]
"""


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ({"cameras": ["wrist"]}, "wants pictures of the camera wrist, which is not drawn"),
        ({"image_size": 224}, "wants front in 224 x 224 pixels, not 32 x 32"),
        ({"gripper": "minus_one_open"}, "Convert inside the policy"),
    ],
)
def test_a_policy_that_wants_other_pictures_or_conventions_is_refused(tmp_path, spec, sentence):
    file = tmp_path / "particular.py"
    file.write_text(PARTICULAR.format(spec=spec))
    with pytest.raises(PolicyError) as caught:
        collect.collect(tmp_path / "out", 1, takeover=f"{file}:Policy", cameras="front", image_size="32", workers=1)
    assert sentence in str(caught.value)


def test_the_version_of_a_policy_is_kept_and_another_one_is_refused(tmp_path):
    file = tmp_path / "versioned.py"
    given = {"takeover": f"{file}:Policy", **SMALL}
    file.write_text(PARTICULAR.format(spec={"version": "one"}))
    collect.collect(tmp_path / "out", 1, **given)
    assert Dataset(tmp_path / "out").facts["versions"] == {"policy": None, "takeover": "one"}
    file.write_text(PARTICULAR.format(spec={"version": "two"}))
    with pytest.raises(VlagenError, match="begun with other settings: versions is"):
        collect.collect(tmp_path / "out", 2, **given)


def test_a_check_names_the_episodes_that_differ(tmp_path, capsys, monkeypatch):
    collect.collect(tmp_path, 4, **SMALL)

    def checked(dataset, numbers):
        for number in numbers:
            faults = ("its states differ at step 2 of 4",) if number == 2 else ()
            yield CheckedEpisode(number=number, episode=dataset[number].episode, faults=faults)

    monkeypatch.setattr(check, "check", checked)
    assert collect.check_demonstrations(tmp_path) == INCOMPLETE
    said = capsys.readouterr().out
    episode = Dataset(tmp_path)[2].episode
    assert f"episode 2 ({episode.id}): its states differ at step 2 of 4" in said
    assert "Played again: 4 of 4 episodes, of which 3 are the same, bit for bit." in said
    assert collect.check_demonstrations(tmp_path, episodes=2) == INCOMPLETE  # 0 and 2
    assert collect.check_demonstrations(tmp_path, episodes=1) == OK
    with pytest.raises(ConfigError, match=r"--episodes 0: at least 1"):
        collect.check_demonstrations(tmp_path, episodes=0)
