"""How is an episode played, in this process or in several? Players ask; stages, policies and workers answer."""
