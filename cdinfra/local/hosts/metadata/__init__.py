"""The instance metadata service of local hosts: version 2, with session tokens."""
