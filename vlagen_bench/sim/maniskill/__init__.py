"""The simulator backend on ManiSkill's GPU scenes."""
