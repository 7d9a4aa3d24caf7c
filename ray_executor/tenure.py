"""A dispatcher's hold on the cluster: Ray counts it as a job, and leases workers to that job until it ends.

Ray sees a process that is gone, but not one that froze: its leases go on, and others wait for them. Who takes over its
executions ends its job here, by the one request of Ray's head that no Python function of Ray's makes.
"""

from __future__ import annotations

import asyncio
from typing import Any

import ray
from ray._private.grpc_utils import init_grpc_channel
from ray.core.generated import gcs_service_pb2, gcs_service_pb2_grpc

requests: Any = gcs_service_pb2  # made by generators without types
services: Any = gcs_service_pb2_grpc

KIND = "ray"

PATIENCE = 5.0
"""Seconds the head of the cluster gets to answer."""

RETRY = 1000
"""Milliseconds after which a head that is away is tried again, at most."""


class RayTenure:
    """The hold of this process; see the contract."""

    def __init__(self) -> None:
        address = ray.get_runtime_context().gcs_address
        self._channel: Any = init_grpc_channel(address, [("grpc.max_reconnect_backoff_ms", RETRY)])
        self._job: str = ray.get_runtime_context().get_job_id()
        self._cluster = _cluster_of(self._channel)

    @property
    def place(self) -> str:
        """See the contract."""
        return f"{KIND} {self._cluster} {self._job}"

    async def evict(self, place: str) -> bool:
        """See the contract."""
        kind, cluster, job = place.split(" ")
        if (kind, cluster) != (KIND, self._cluster):
            return False
        await asyncio.to_thread(self._end, job)
        return True

    async def is_over(self) -> bool:
        """See the contract."""
        return await asyncio.to_thread(self._is_over)

    def close(self) -> None:
        """Disconnect."""
        self._channel.close()

    def _end(self, job: str) -> None:
        ended = requests.MarkJobFinishedRequest(job_id=bytes.fromhex(job))
        services.JobInfoGcsServiceStub(self._channel).MarkJobFinished(ended, timeout=PATIENCE)

    def _is_over(self) -> bool:
        if _cluster_of(self._channel) != self._cluster:
            return True  # the head was lost, and another one answers there
        asked = requests.GetAllJobInfoRequest(
            job_or_submission_id=self._job, skip_submission_job_info_field=True, skip_is_running_tasks_field=True
        )
        found = services.JobInfoGcsServiceStub(self._channel).GetAllJobInfo(asked, timeout=PATIENCE).job_info_list
        return all(job.is_dead for job in found)


def _cluster_of(channel: Any) -> str:
    """What tells a cluster from another at the same address."""
    stub = services.NodeInfoGcsServiceStub(channel)
    found: bytes = stub.GetClusterId(requests.GetClusterIdRequest(), timeout=PATIENCE).cluster_id
    return found.hex()
