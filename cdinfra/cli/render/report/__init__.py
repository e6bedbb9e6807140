"""The deploy groups of an app as one HTML page that needs nothing else; pure."""
