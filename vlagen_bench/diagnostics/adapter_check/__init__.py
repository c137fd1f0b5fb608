"""The check of adapters: which convention is wrong, found without a model and before a run."""
