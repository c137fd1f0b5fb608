"""The harness: plays the episodes of a plan with a policy, in one process, in several, or on a cluster."""
