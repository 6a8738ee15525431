"""Batches on a cluster: what needs one, in a process of its own, and what can be told without."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.batches import SETTINGS, QuickDraughtsman, quick
from support.cluster import need

from clipasso_core.batch import ray_executor as module
from clipasso_core.batch.executor import Stop
from clipasso_core.batch.pictures import Photo
from clipasso_core.batch.place import Out
from clipasso_core.batch.ray_executor import RayExecutor, gpu_share
from clipasso_core.errors import UserError

ON_RAY = Path(__file__).with_name("on_ray.py")
LIMIT_S = 600
SUMMARY = re.compile(r"\d+ passed.* in ", re.MULTILINE)


@pytest.fixture
def out(tmp_path: Path) -> Out:
    (tmp_path / "out").mkdir()
    return Out(str(tmp_path / "out"))


@pytest.mark.slow
def test_on_a_cluster() -> None:
    """Where a daemon of Ray's was too busy to answer, and so ended everything without a word, once
    more.
    """
    need("ray")
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(ON_RAY)]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COV_")}
    # read when ray is imported, which the tests do before the executor says it
    kept["RAY_ENABLE_AUTO_CONNECT"] = "0"
    for _ in range(2):
        done = subprocess.run(
            words, cwd=ON_RAY.parents[2], env=kept, capture_output=True, text=True, timeout=LIMIT_S
        )
        if "passed" in done.stdout or "failed" in done.stdout:
            break
    assert done.returncode == 0, done.stdout + done.stderr
    assert SUMMARY.search(done.stdout)


def test_a_cluster_that_does_not_answer_is_one_line(out: Out) -> None:
    need("ray")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    began = time.monotonic()
    for address in (f"127.0.0.1:{port}", f"ray://127.0.0.1:{port}"):
        with pytest.raises(UserError, match=f"no Ray cluster answers at {address}"):
            list(RayExecutor(quick(out), address).draw([Photo("a", "a", "a")], Stop()))
    assert time.monotonic() - began < module.ANSWER_S


def test_ray_that_is_not_installed_is_one_line(out: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UserError, match=r"install\.py --with ray"):
        list(RayExecutor(quick(out)).draw([Photo("a", "a", "a")], Stop()))


def test_another_version_on_a_machine_is_told() -> None:
    actor = module._Actor(QuickDraughtsman(SETTINGS, Out("")), "0.0.1")
    (fault,) = actor({"photo": [json.dumps({"path": "a", "place": "a"})]})["fault"]
    assert json.loads(fault)["code"] == "other-version"


@pytest.mark.parametrize(("gigabytes", "actors"), [(2, 1), (6, 1), (12, 3), (80, 4)])
def test_actors_share_a_gpu_by_its_memory(gigabytes: int, actors: int) -> None:
    assert gpu_share(gigabytes * 1e9) == 1 / actors
