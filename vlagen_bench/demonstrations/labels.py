"""Labels of demonstrations: action chunks that fit the open-loop plan, and which frames are idle. Pure functions."""

import numpy as np

STEP_M, STEP_RAD = 0.01, 0.06
"""a step that moves the tool's target by no more than this, and turns it by no more, is idle; the thresholds of Liu et al."""
SUCCESSES = 6
"""successful frames in a row after which a demonstration says nothing new, as in Liu et al."""


def chunk_labels(clean: np.ndarray, executed: np.ndarray, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    """What a policy that is asked once in `horizon` steps should answer at each frame.

    The controller's target accumulates actions, and each clean action was decided after the noise of the steps before it had
    moved the target. A chunk is executed without that noise, so that its later actions have to bring the target where the
    demonstration had it: `label[t + j] = a[t + j] + (executed - a)[t + j - 1]` for j >= 1. Rotations are composed in the
    same way: `R(label[t + j]) = R(a[t + j]) R(executed[t + j - 1]) R(a[t + j - 1])^-1`.

    Args:
        clean: (T, 7): what the demonstrator decided; delta xyz, intrinsic Euler angles XYZ, gripper.
        executed: (T, 7): what was done; where frames were left out, what was done up to the next one, as `done_until_next` has it.
        horizon: actions in a chunk.

    Returns:
        Labels float32 (T, horizon, 7), and bool (T, horizon): which of them are within the episode. Beyond it the tool
        stands still and the gripper stays as it is.
    """
    steps = len(clean)
    later = clean.astype(np.float64)
    if steps > 1 and not np.array_equal(clean, executed):
        later[1:] = _made_up_for(later[1:], later[:-1], executed[:-1].astype(np.float64))
    at = np.arange(steps)[:, None] + np.arange(horizon)
    inside = at < steps
    labels = later[np.minimum(at, steps - 1)]
    labels[:, 0] = clean
    labels[~inside, :6] = 0.0
    return labels.astype(np.float32), inside


def _made_up_for(clean: np.ndarray, before: np.ndarray, done_before: np.ndarray) -> np.ndarray:
    """Actions (N, 7) that also do what was executed one step before, and was not asked for."""
    from scipy.spatial.transform import Rotation

    def turns(actions: np.ndarray) -> Rotation:
        return Rotation.from_euler("XYZ", actions[:, 3:6])

    labels = clean.copy()
    labels[:, :3] += done_before[:, :3] - before[:, :3]
    noisy = ~(done_before[:, 3:6] == before[:, 3:6]).all(axis=1)
    if noisy.any():
        whole = turns(clean[noisy]) * turns(done_before[noisy]) * turns(before[noisy]).inv()
        labels[noisy, 3:6] = whole.as_euler("XYZ")
    return labels


def done_until_next(actions: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """What was executed from each frame up to the next one that is kept: the same as what it did where no frame was left out.

    Args:
        actions: (S, 7), everything that was executed.
        steps: (T,), which of them the frames are of, in ascending order; what comes after the last one counts for nothing.

    Returns:
        (T, 7), as `chunk_labels` takes it: translations added up, rotations composed, the gripper as at the frame.
    """
    from scipy.spatial.transform import Rotation

    done = np.array(actions[steps])
    for frame in np.flatnonzero(np.diff(steps) > 1):
        between = actions[steps[frame] : steps[frame + 1]].astype(np.float64)
        turn = Rotation.identity()
        for action in between:
            turn = Rotation.from_euler("XYZ", action[3:6]) * turn
        done[frame, :3], done[frame, 3:6] = between[:, :3].sum(0), turn.as_euler("XYZ")
    return done


def worth_keeping(actions: np.ndarray, success: np.ndarray) -> np.ndarray:
    """Which frames the idle filter keeps: those that move, up to the sixth success in a row among them.

    A frame moves if its action shifts the target by more than 1 cm, or turns it by more than 0.06 rad, or commands the
    gripper otherwise than the frame before it. Successes are counted over the frames that are kept.

    Args:
        actions: (T, 7), as executed.
        success: bool (T,): whether the task was done after each of them.

    Returns:
        bool (T,).
    """
    moved = np.linalg.norm(actions[:, :3], axis=1) > STEP_M
    turned = np.linalg.norm(actions[:, 3:6], axis=1) > STEP_RAD
    toggled = np.append(False, np.sign(actions[1:, 6]) != np.sign(actions[:-1, 6]))
    keep: np.ndarray = moved | turned | toggled
    in_a_row = 0
    for frame in np.flatnonzero(keep):
        in_a_row = in_a_row + 1 if success[frame] else 0
        if in_a_row == SUCCESSES:
            keep[frame + 1 :] = False
            break
    return keep
