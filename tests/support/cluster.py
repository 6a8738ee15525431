"""A Ray cluster of several nodes on this machine, and a store that speaks S3."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def need(*modules: str) -> list[Any]:
    """Import them. Skips the test where one is not installed; where CLIPASSO_CI is set, fails."""
    try:
        return [importlib.import_module(name) for name in modules]
    except ImportError as error:
        if os.environ.get("CLIPASSO_CI"):
            raise
        pytest.skip(f"{error.name} is not installed")


@contextmanager
def nodes(count: int, cpus: int = 1) -> Iterator[str]:
    """A cluster of so many nodes. Gives its address."""
    (cluster_utils,) = need("ray.cluster_utils")
    with pytest.MonkeyPatch.context() as patch:
        paths = os.pathsep.join(str(path) for path in (ROOT, ROOT / "tests"))
        patch.setenv("PYTHONPATH", paths)  # of the nodes, for what the tests make
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_worker_niceness", "0")  # or they starve beside whatever else runs here
        facts = {"num_cpus": cpus, "object_store_memory": 80_000_000}
        head = {**facts, "include_dashboard": False}
        cluster = cluster_utils.Cluster(initialize_head=True, head_node_args=head)
        try:
            for _ in range(count - 1):
                cluster.add_node(**facts)
            cluster.wait_for_nodes()
            yield str(cluster.address)
        finally:
            cluster.shutdown()


@contextmanager
def s3(bucket: str) -> Iterator[Any]:
    """A server with an empty bucket, which ``s3://`` means meanwhile. Gives its file system."""
    server_module, s3fs = need("moto.server", "s3fs")
    server = server_module.ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "any")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "any")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        s3fs.S3FileSystem.clear_instance_cache()
        try:
            system = s3fs.S3FileSystem()
            system.mkdir(bucket)
            yield system
        finally:
            s3fs.S3FileSystem.clear_instance_cache()
            server.stop()
