"""Tells topics and webhooks that a rollout begins, and how it ended."""
