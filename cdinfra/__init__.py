"""Continuous delivery of Docker images onto plain EC2."""
