"""The published results that a study stands beside: Liu et al., NeurIPS 2025 (arXiv 2505.19789v4), main table and text."""

from types import MappingProxyType

SOURCE = "[Liu et al., NeurIPS 2025](https://arxiv.org/abs/2505.19789)"
RATES = MappingProxyType(
    {
        "nominal": ("in distribution", 0.781, 0.938),
        "table_test": ("unseen table", 0.719, 0.844),
        "texture_l3": ("dynamic texture, weak", 0.719, 0.833),
        "noise_l3": ("dynamic noise, weak", 0.708, 0.854),
        "object_test": ("unseen objects", 0.453, 0.714),
        "receptacle_test": ("unseen receptacles", 0.615, 0.750),
        "instruction_l3": ("unseen instructions", 0.672, 0.891),
        "distractor_object_test": ("multi-object, both seen", 0.615, 0.750),
        "distractor_receptacle_test": ("distractive receptacle", 0.672, 0.812),
        "object_position_l3": ("unseen position", 0.568, 0.807),
        "robot_pose_l3": ("unseen robot pose", 0.339, 0.797),
        "reposition_l3": ("mid-episode reposition", 0.286, 0.745),
    }
)
"""our condition -> the nearest setting of theirs, and its success rates of SFT (16,384 demonstrations) and of PPO, 192 episodes"""
DROPS = MappingProxyType({"vision": (-0.179, -0.184), "semantics": (-0.308, -0.224), "execution": (-0.491, -0.165)})
"""dimension -> how much lower the mean rate is than in distribution, as a share of that, of SFT and of PPO; computed from the table"""
HOURS, CARD = 42, "one A100 with 80 GB"
"""until PPO had converged"""
SHARED_GB, SEPARATE_GB = 44.4, 81.3
"""memory with a shared and with a separate critic"""
SATURATION = 16_000
"""demonstrations from which more did not help"""
