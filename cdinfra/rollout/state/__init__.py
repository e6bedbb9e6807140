"""What an app's bucket keeps of its rollouts: the deploy lock, the journals, the history.

Several deployers, each with a clock of its own, work on the same objects. So each object is
written only under a condition, that it is still what was read, and S3 decides who was first.
"""
