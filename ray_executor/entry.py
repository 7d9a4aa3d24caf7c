"""What the kernel finds by the entry point group ``workflow.backends``: makes a Ray backend. Ray is loaded here."""

from __future__ import annotations

from ray_executor import modules
from ray_executor.cluster import Cluster, token_files
from ray_executor.jobs_api import jobs_url as jobs_url  # what the kernel finds beside `open_backend`
from ray_executor.messages import SentEnvironment
from workflow_kernel.app.backends import BackendOptions
from workflow_kernel.worker.backend import Backend


def open_backend(options: BackendOptions) -> Backend:
    """A backend on the cluster at ``options.address``, or on one of its own; blocks until it is there."""
    cluster = Cluster(options.address, options.cpus)
    try:
        cluster.open()
        from ray_executor.backend import RayBackend  # noqa: PLC0415 - Ray must see its settings when it is loaded

        environment = options.environment
        # A cluster of our own sees the folder; beside a service's files there is no code of its users.
        is_sent = options.address is not None and not options.is_shared
        variables = environment.variables_of_process
        sent = SentEnvironment(
            blobs=options.blobs,
            folder=str(environment.folder),
            modules=modules.keep(environment.folder, environment.blobs) if is_sent else "",
            folders=tuple(map(str, environment.folders)),
            variables_of_process=None if variables is None else tuple(sorted(variables.items())),
            allow_code_here=environment.allow_code_here,
            is_shared=options.is_shared,
            hidden=(*options.hidden, *(str(path) for path in token_files())),
            is_durable=options.is_durable,
            spill_at=environment.spill_at,
            chunk=environment.chunk,
        )
        backend = RayBackend(cluster, sent, environment.blobs)
        if options.is_shared:
            backend.keep_warm()
        return backend
    except BaseException:
        cluster.close()
        raise
