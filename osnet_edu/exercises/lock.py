"""Solutions that a teacher has locked, until a moment or for those who have a key.

A lock is a small file, osnet_edu_lock.json, in the notebooks' folder or the one above; OSNET_EDU_LOCK can name another.
It stops `%solution` and `solution()`. It hides nothing: the kit is open source, its model answers are files of it, and
who removes the lock's file or sets the clock has removed the lock. What it does: nobody opens a solution by habit, and
a file that was changed locks everything and says so.
"""

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..refused import Refused, plain

LOCK_FILE, _VARIABLE, _KEY_VARIABLE = "osnet_edu_lock.json", "OSNET_EDU_LOCK", "OSNET_EDU_KEY"
SHORTEST_KEY = 4
_SEAL = b"osnet_edu: a seal against slips of the hand, not against a person"
_ROUNDS = 100_000
_given: list[str] = []  # the key that a student typed in this kernel


def lock_text(until: datetime | None, key: str | None, names: Sequence[str] = ()) -> str:
    """The text of a lock.

    until: the moment at which it opens, with its time zone.  key: opens it at any time.  names: of exercises; none
    means all. Raises: Refused without a moment and a key, and for a key that is too short.
    """
    if until is None and key is None:
        raise Refused("a lock needs a moment at which it opens, or a key")
    if key is not None and len(key) < SHORTEST_KEY:
        raise Refused(f"the key needs at least {SHORTEST_KEY} signs, got {len(key)}")
    salt = secrets.token_hex(16)
    told: dict[str, Any] = {
        "until": until.astimezone(UTC).isoformat(timespec="seconds") if until else None,
        "exercises": sorted(names),
        "salt": salt,
        "key": _hashed(key, salt) if key is not None else None,
    }
    return json.dumps({**told, "seal": _sealed(told)}, indent=1) + "\n"


def why_locked(name: str) -> str:
    """Why the solution of an exercise is not shown, in a sentence; "" where it is."""
    path = _lock_path()
    if path is None:
        return ""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        seal = told.pop("seal")
        if not hmac.compare_digest(seal, _sealed(told)):
            raise ValueError
        until = datetime.fromisoformat(told["until"]) if told["until"] else None
        locked, salt, hashed = told["exercises"], told["salt"], told["key"]
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return f"{plain(path)} is damaged or was changed, so all solutions are locked. Ask your teacher for it again."
    if locked and name not in locked:
        return ""
    key = _given[-1] if _given else os.environ.get(_KEY_VARIABLE, "")
    if hashed and key and hmac.compare_digest(hashed, _hashed(key, salt)):
        return ""
    if until is not None and datetime.now(UTC) >= until:
        return ""
    when = f" until {until.astimezone():%Y-%m-%d %H:%M}" if until else ""
    way = " With the teacher's key it is shown now: `%unlock KEY`." if hashed else ""
    return f"Your teacher has locked this solution{when}.{way}"


def unlock(key: str) -> str:
    """Keep a key in this kernel for locked solutions.  Returns: a sentence."""
    _given[:] = [key.strip()]
    return "The key is kept until the kernel ends. Ask for the solution again."


def _lock_path() -> Path | None:
    if named := os.environ.get(_VARIABLE):
        return Path(named)
    here = Path.cwd()
    return next((folder / LOCK_FILE for folder in (here, here.parent) if (folder / LOCK_FILE).exists()), None)


def _hashed(key: str, salt: str) -> str:
    return hashlib.pbkdf2_hmac("sha256", key.encode(), bytes.fromhex(salt), _ROUNDS).hex()


def _sealed(told: dict[str, Any]) -> str:
    return hmac.new(_SEAL, json.dumps(told, sort_keys=True).encode(), "sha256").hexdigest()
