"""The ways to run the agent on hosts: SSM Run Command, and the system's OpenSSH."""
