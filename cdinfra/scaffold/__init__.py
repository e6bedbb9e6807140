"""What ``cdinfra init`` puts into a team's own repository."""
