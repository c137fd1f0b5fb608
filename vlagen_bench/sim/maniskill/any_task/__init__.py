"""Tasks of ManiSkill, unchanged, under the axes of this package."""
