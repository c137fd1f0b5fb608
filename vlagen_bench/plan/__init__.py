"""Planning: tasks, conditions and suites, and the episodes that they expand to."""
