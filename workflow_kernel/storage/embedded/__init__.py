"""Servers of our own where none are named: a Postgres and a Redis from wheels, in the data folder."""

from workflow_kernel.storage.embedded.servers import Addresses, database, servers, stop_servers

__all__ = ["Addresses", "database", "servers", "stop_servers"]
