"""Waiting for a condition, and not for seconds."""

import time
from collections.abc import Callable
from typing import Any


def wait_until(there: Callable[[], Any], patience: float = 60) -> Any:
    """What `there` gives as soon as it is true; after `patience` seconds, what it gives then."""
    ends = time.monotonic() + patience
    while not there() and time.monotonic() < ends:
        time.sleep(0.05)
    return there()
