"""A broker, a database and a Redis on this machine's loopback, for `demo`, `stack` and the tests.

Real servers out of wheels and out of what the machine has; no Docker, no root. Needs the extra `devstack`; not in the
image. Each service is a context manager: `start()` returns when it answers, `stop()` when it is gone.
"""
