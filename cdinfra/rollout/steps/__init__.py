"""The steps of a rollout, each on some hosts."""
