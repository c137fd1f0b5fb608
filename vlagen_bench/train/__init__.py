"""Training of the compact policy: imitation, then reinforcement learning from its checkpoint."""
