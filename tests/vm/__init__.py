"""The example's user data on a whole virtual machine; boots.py is what boots it."""
