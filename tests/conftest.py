"""Settings for every test."""

import os

from hypothesis import settings

# Only the end-to-end tests boot hosts; the others would wait for them for nothing.
os.environ.setdefault("CDINFRA_HOSTS", "off")

# A shared machine is slow at times; how long an example takes is no property under test.
settings.register_profile("cdinfra", deadline=None)
settings.load_profile("cdinfra")
