"""The study: which of the findings of Liu et al. hold for the compact policy, and how sure that is."""
