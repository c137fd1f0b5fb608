"""The losses of imitation: tokens against labels that are a little blurred, and heatmaps against known places."""

from functools import cache

import torch
from torch import Tensor

SMOOTH_BINS = 2.0
"""standard deviation of a label: neighbouring bins are nearly as good"""
MAP_CELLS = 0.7
"""the same of a place in a heatmap"""


@cache
def _smoothing(bins: int, sigma: float) -> Tensor:
    """(bins, bins): each row is the label of a token, of sum 1."""
    at = torch.arange(bins, dtype=torch.float32)
    rows = torch.exp(-0.5 * ((at[None] - at[:, None]) / sigma) ** 2)
    return rows / rows.sum(1, keepdim=True)


def token_loss(logits: Tensor, tokens: Tensor, is_label: Tensor, *, sigma: float = SMOOTH_BINS) -> Tensor:
    """The mean cross-entropy of the tokens that count, the gripper's unblurred; 0 where none counts.

    Args:
        logits: (B, chunk, 7, bins).
        tokens: integers (B, chunk, 7).
        is_label: bool (B, chunk).
        sigma: in bins.
    """
    logs = torch.log_softmax(logits.float(), dim=-1)
    arm = _smoothing(logits.shape[-1], sigma).to(logits.device)[tokens[..., :6]]
    of_arm = -(arm * logs[..., :6, :]).sum(-1).sum(-1)
    of_gripper = -logs[..., 6, :].gather(-1, tokens[..., 6:]).squeeze(-1)
    weight = is_label.float()
    return ((of_arm + of_gripper) * weight).sum() / weight.sum().clamp(min=1.0) / tokens.shape[-1]


def place_loss(heatmaps: Tensor, points: Tensor) -> Tensor:
    """The mean cross-entropy of heatmaps against places; places that are not known, or outside the picture, do not count.

    Args:
        heatmaps: logits (B, 2, h, w).
        points: (B, 2, 2): x, y from 0 to 1; NaN: not known.
    """
    height, width = heatmaps.shape[-2:]
    is_known = ((points >= 0) & (points <= 1)).all(-1)
    points = torch.where(is_known[..., None], points, 0.5)
    across = points[..., 0, None] * width - 0.5 - torch.arange(width, device=heatmaps.device)
    down = points[..., 1, None] * height - 0.5 - torch.arange(height, device=heatmaps.device)
    label = torch.exp(-0.5 * (down[..., :, None] ** 2 + across[..., None, :] ** 2) / MAP_CELLS**2).flatten(2)
    label = label / label.sum(-1, keepdim=True)
    of_each = -(label * torch.log_softmax(heatmaps.float().flatten(2), dim=-1)).sum(-1)
    weight = is_known.float()
    return (of_each * weight).sum() / weight.sum().clamp(min=1.0)


def place_error_px(heatmaps: Tensor, points: Tensor, side: int) -> Tensor:
    """How far (B, 2) the middle of each heatmap is from the place, in pixels of the picture; NaN where it is not known."""
    height, width = heatmaps.shape[-2:]
    shares = torch.softmax(heatmaps.float().flatten(2), dim=-1).view_as(heatmaps)
    across = (shares.sum(2) * (torch.arange(width, device=heatmaps.device) + 0.5)).sum(-1) / width
    down = (shares.sum(3) * (torch.arange(height, device=heatmaps.device) + 0.5)).sum(-1) / height
    return (torch.stack([across, down], dim=-1) - points).norm(dim=-1) * side
