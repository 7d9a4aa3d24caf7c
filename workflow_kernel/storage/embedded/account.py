"""The account servers run as. Postgres refuses root, so root lets them run as an account that may do little."""

from __future__ import annotations

import os
import pwd
import stat
from pathlib import Path
from typing import Any, NamedTuple


class Account(NamedTuple):
    """An account of this machine."""

    uid: int
    gid: int
    name: str

    @property
    def popen_options(self) -> dict[str, Any]:
        """What makes ``subprocess`` start a program as this account; nothing where it is our own."""
        if os.geteuid() != 0:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def account_for(data: Path) -> Account:
    """Our own account; for root, the owner of what is there, else ``nobody`` or the first that is not root."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), "")
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid, str(owner.st_uid))
    others = [entry for entry in pwd.getpwall() if entry.pw_uid != 0]
    others.sort(key=lambda entry: entry.pw_name != "nobody")
    if not others:
        return Account(65534, 65534, "65534")
    return Account(others[0].pw_uid, others[0].pw_gid, others[0].pw_name)


def give(path: Path, account: Account, mode: int) -> None:
    """Make a folder the account's own."""
    path.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        os.chown(path, account.uid, account.gid)
    path.chmod(mode)


def blocked_by(path: Path, account: Account) -> Path | None:
    """The first folder on the way to ``path``, itself included, that the account may not enter."""
    real = path.resolve()
    for folder in [*reversed(real.parents), real]:
        found = folder.stat()
        if found.st_uid == account.uid:
            needed = stat.S_IXUSR
        else:
            needed = stat.S_IXGRP if found.st_gid == account.gid else stat.S_IXOTH
        if account.uid != 0 and not found.st_mode & needed:
            return folder
    return None
