"""Settings for every test."""

from hypothesis import settings

# A shared machine is slow at times; how long an example takes is no property under test.
settings.register_profile("cdinfra", deadline=None)
settings.load_profile("cdinfra")
