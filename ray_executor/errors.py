"""What can be wrong with a cluster, in words for people. See docs/errors.md."""

from __future__ import annotations

from workflow_kernel.base.errors import NodeError, UnavailableError, WorkerLostError


class ClusterUnreachableError(UnavailableError):
    """Nothing answers at the address, or a cluster of our own did not start."""

    code = "WF650"


class VersionMismatchError(UnavailableError):
    """The cluster runs another Python or another Ray."""

    code = "WF651"


class TokenRefusedError(UnavailableError):
    """The cluster does not take the token."""

    code = "WF652"


class ImpossibleResourcesError(NodeError):
    """No machine of the cluster has what a node asks for."""

    code = "WF653"


class OutputLostError(WorkerLostError):
    """The machine that held a node's output is gone, and no copy was kept."""

    code = "WF654"


class OutcomeUnsendableError(NodeError):
    """What a run gave cannot leave its process."""

    code = "WF655"


class PackagesError(NodeError):
    """The packages of a node could not be installed where it runs."""

    code = "WF658"


class FolderUnreachableError(NodeError):
    """A worker on another machine does not see the folder where attachments and large values are kept."""

    code = "WF656"


class FolderTooLargeError(NodeError):
    """There is too much code beside a workflow to hand it to other machines."""

    code = "WF659"
