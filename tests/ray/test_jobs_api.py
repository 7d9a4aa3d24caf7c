"""A run that is handed to the cluster at an address: its head tells where its Jobs API is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import ray
from click.testing import CliRunner
from ray._private import ray_constants
from ray.experimental import internal_kv

from ray_executor.cluster import Cluster
from tests.cli import test_jobs
from tests.cli.test_jobs import FLOW, Head
from tests.servers import serving
from workflow_kernel.cli.run import run

PLACE = {"key": ray_constants.DASHBOARD_ADDRESS.encode(), "namespace": ray_constants.KV_NAMESPACE_DASHBOARD}


def test_a_key_is_one_run_on_the_cluster_at_an_address(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(test_jobs, "TOKEN", _token())
    (tmp_path / "x.flow").write_text(json.dumps(FLOW))
    words = [str(tmp_path / "x.flow"), "--on", "ray", "--address", ray.get_runtime_context().gcs_address]
    words += ["--idempotency-key", "night", "--sweep", "day=2026-01-01..2026-01-03"]
    head = Head()
    with serving(head):
        internal_kv._internal_kv_put(
            PLACE["key"], head.url.removeprefix("http://").encode(), overwrite=True, namespace=PLACE["namespace"]
        )
        left = CliRunner().invoke(run, [*words, "--detach"], standalone_mode=False)
        assert (left.exception, left.return_value) == (None, 0)
        followed = CliRunner().invoke(run, words, standalone_mode=False)
        assert (followed.exception, followed.return_value) == (None, 0)
        assert "execution.finished" in followed.output
        internal_kv._internal_kv_del(PLACE["key"], namespace=PLACE["namespace"])
        none = CliRunner().invoke(run, [*words, "--detach"], standalone_mode=False).exception
    ((job, told),) = head.jobs.items()
    assert left.output.strip() == job
    assert told["entrypoint"].endswith("--sweep day=2026-01-01..2026-01-03")
    assert "has no Jobs API" in str(none)


def _token() -> str:
    from workflow_kernel.cli.jobs import _token as found

    return found()
