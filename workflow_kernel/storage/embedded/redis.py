"""Our own Redis: keeps what it has in an append-only file, written to disk every second."""

from __future__ import annotations

import signal
from pathlib import Path
from urllib.parse import quote

import redis

from workflow_kernel.storage.embedded.account import Account, give
from workflow_kernel.storage.embedded.errors import OwnServerError
from workflow_kernel.storage.embedded.place import place_for
from workflow_kernel.storage.embedded.program import Program
from workflow_kernel.storage.embedded.programs import redis_program


class Redis:
    """A Redis server in a folder.

    Parameters
    ----------
    folder: of all servers. password: clients must have. account: who runs it.
    """

    name = "redis"

    def __init__(self, folder: Path, password: str, account: Account) -> None:
        self._folder = folder
        self._data = folder / "redis"
        self._password = password
        self._account = account
        self._place = place_for(folder / "sockets" / "redis.sock", folder / "redis.port")
        self._program = Program(self.name, folder, self._data, self._data / "redis.pid", account)

    @property
    def url(self) -> str:
        """How clients reach it."""
        password = quote(self._password, safe="")
        if self._place.socket:
            return f"unix://:{password}@{quote(str(self._place.socket))}?db=0"
        return f"redis://:{password}@{self._place.host}:{self._place.port}/0"

    @property
    def is_running(self) -> bool:
        """Whether it lives."""
        return self._program.is_running

    def start(self) -> None:
        """Start it."""
        program = redis_program(self._account, self._folder / "programs")
        give(self._folder / "sockets", self._account, 0o700)
        give(self._data, self._account, 0o700)
        # By standard input, for arguments can be read by everybody on the machine.
        self._program.start([program, "-"], self._is_ready, stdin=self._configuration().encode())

    def stop(self) -> None:
        """Stop it, with everything written to disk."""
        self._program.stop(signal.SIGTERM)

    def leave(self) -> None:
        """Let it go on without us."""
        self._program.leave()

    def _configuration(self) -> str:
        if self._place.socket:
            where = ["port 0", f'unixsocket "{self._place.socket}"', "unixsocketperm 700"]
        else:
            where = [f"port {self._place.port}", f"bind {self._place.host}"]
        lines = [
            *where,
            f"requirepass {self._password}",
            f'dir "{self._data}"',
            f'pidfile "{self._data / "redis.pid"}"',
            "appendonly yes",
            "appendfsync everysec",
            "aof-load-truncated yes",
            "auto-aof-rewrite-min-size 32mb",
            'save ""',
            "maxmemory-policy noeviction",
            "loglevel warning",
            "tcp-keepalive 60",
        ]
        return "\n".join(lines) + "\n"

    def _is_ready(self) -> bool:
        client = redis.Redis.from_url(self.url, socket_connect_timeout=5, socket_timeout=5)
        try:
            return bool(client.ping())
        except redis.AuthenticationError as error:
            raise OwnServerError(f"Our own Redis does not take its password: {error}.") from None
        except (redis.ConnectionError, redis.TimeoutError):
            return False
        finally:
            client.close()
