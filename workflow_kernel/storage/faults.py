"""What errors of drivers mean to who asked: Postgres or Redis are away, or a value that no column can hold."""

from __future__ import annotations

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from workflow_kernel.base.errors import InvalidRequestError, ServiceError, UnavailableError


def translated(error: BaseException) -> ServiceError | None:
    """The error for people; None where it is a fault of the program."""
    if isinstance(error, PoolTimeoutError):
        return UnavailableError("All connections to Postgres are in use.", mend="Try again soon.")
    if isinstance(error, OperationalError | InterfaceError):
        return UnavailableError("Postgres does not answer.", mend="Try again soon; check that it runs.")
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return UnavailableError("Postgres ended the connection.", mend="Try again soon; check that it runs.")
    if isinstance(error, DataError):
        return InvalidRequestError("A value is one that cannot be kept.", code="WF780", mend="Send a smaller one.")
    if isinstance(error, RedisConnectionError | RedisTimeoutError):
        return UnavailableError("Redis does not answer.", mend="Try again soon; check that it runs.")
    return None
