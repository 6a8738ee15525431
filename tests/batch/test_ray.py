"""On a cluster the same pictures come out, each once, whatever becomes of its machines."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.batches import SETTINGS, QuickDraughtsman, fill, order_of, quick, run_at_once
from support.cluster import need, nodes, s3

from clipasso_core import SketchRequest, from_svg
from clipasso_core.batch import ray_driver as module
from clipasso_core.batch.batch import Batch, Order, find
from clipasso_core.batch.draughtsman import Draughtsman, LostError
from clipasso_core.batch.executor import Executor, Message, Stop, Told
from clipasso_core.batch.manifest import MANIFEST
from clipasso_core.batch.pictures import Photo
from clipasso_core.batch.place import Out
from clipasso_core.batch.ray_driver import gpu_share
from clipasso_core.batch.ray_executor import RayExecutor
from clipasso_core.batch.row import Row
from clipasso_core.batch.settings import Settings
from clipasso_core.errors import UserError

BRIEF = SketchRequest(strokes=3, steps=2, guide="lite", device="cpu", preset="draft", mask="none")
ENDING_S = 60.0  # that an actor may take to end


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A cluster of two nodes of one core."""
    need("ray")
    with nodes(2) as address:
        yield address


@pytest.fixture
def out(tmp_path: Path) -> Out:
    (tmp_path / "out").mkdir()
    return Out(str(tmp_path / "out"))


def photos_in(folder: Path, **texts: str) -> list[Photo]:
    """Pictures that hold those texts; see `QuickDraughtsman`."""
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text)
    return [Photo(name, str(folder / name), f"{name}.svg") for name in texts]


def drawn_by(executor: Executor, photos: list[Photo], stop: Stop | None = None) -> list[Message]:
    try:
        return list(executor.draw(photos, stop or Stop()))
    finally:
        executor.close()


def rows_of(messages: list[Message]) -> dict[str, Row]:
    rows = [one for one in messages if isinstance(one, Row)]
    assert len(rows) == len({row.path for row in rows})
    return {row.path: row for row in rows}


@pytest.mark.slow
def test_pictures_and_sketches_may_lie_in_s3(photo: Path) -> None:
    """On a cluster of its own, whose nodes know where the store is."""
    with s3("sketches") as system, nodes(1, cpus=2) as own:
        system.pipe_file("sketches/in/a.jpg", photo.read_bytes())
        system.pipe_file("sketches/in/deep/b.jpg", b"no picture")
        order = order_of(Path("unused"), Path("unused"), Settings(BRIEF))
        order = _with_urls(order, "s3://sketches/in", "s3://sketches/out")
        order.out.make()
        batch = Batch(order)
        plan = batch.plan(find(order))
        executor = RayExecutor(Draughtsman(order.settings, order.out), own)
        for _ in batch.run(plan, executor, Stop()):
            pass
        assert (batch.tally.drawn, batch.tally.failed) == (1, 1), batch.manifest.rows
        assert len(from_svg(order.out.read("a.svg") or b"").strokes) == 3
        lines = (order.out.read(MANIFEST) or b"").splitlines()
        assert [json.loads(line)["code"] for line in lines] == [None, "bad-photo"]
        again = Batch(order).plan(find(order))
        assert (again.photos, again.done, again.failed) == ([], 1, 1)
        system.pipe_file("sketches/in/a.jpg", photo.read_bytes() + b" ")  # another picture
        assert [one.path for one in Batch(order).plan(find(order)).photos] == ["a.jpg"]


def _with_urls(order: Order, photos: str, out: str) -> Order:
    search = replace(order.search, sources=(photos,), out=out)
    return replace(order, search=search, out=Out(out))


@pytest.mark.slow
def test_every_picture_has_one_row_whatever_becomes_of_its_actor(
    address: str, out: Out, tmp_path: Path
) -> None:
    texts = {"a": "good", "b": "bad", "c": "die-once", "d": "die", "e": "good", "f": "good"}
    photos = photos_in(tmp_path / "in", **texts)
    rows = rows_of(drawn_by(RayExecutor(quick(out), address), photos))
    codes = {path: row.code for path, row in rows.items()}
    assert codes == {**dict.fromkeys("acef"), "b": "bad-photo", "d": "worker-died"}
    assert {name for name in out.names() if name.endswith(".svg")} == {
        f"{name}.svg" for name in "acef"
    }


@pytest.mark.slow
def test_a_sketch_is_the_same_as_on_one_machine(
    address: str, out: Out, photo: Path, tmp_path: Path
) -> None:
    drawing = Draughtsman(Settings(BRIEF), out, wants_result=True)
    messages = drawn_by(RayExecutor(drawing, address), [Photo("a", str(photo), "a.svg")])
    (told,) = [one for one in messages if isinstance(one, Told)]
    assert (told.event["event"], told.event["output"]) == ("result", "a.svg")
    here = Draughtsman(Settings(BRIEF), Out(str(tmp_path)))
    row = here.draw(Photo("a", str(photo), "b.svg"), lambda event: None)
    assert rows_of(messages)["a"].loss == row.loss
    assert out.read("a.svg") == (tmp_path / "b.svg").read_bytes()


@pytest.mark.slow
def test_a_run_goes_on_on_another_executor(address: str, tmp_path: Path) -> None:
    photos = fill(tmp_path / "in", "a", "b", "c", "d")
    for name in "bd":
        (photos / name).write_text("bad")
    order = order_of(photos, tmp_path / "out", max_failures=1)
    run_at_once(order)
    order.out.make()
    batch = Batch(order)
    plan = batch.plan(find(order))
    executor = RayExecutor(QuickDraughtsman(order.settings, order.out), address)
    for _ in batch.run(plan, executor, Stop()):
        pass
    assert [photo.path for photo in plan.photos] == ["c", "d"]
    _, plan, drawn = run_at_once(order_of(photos, tmp_path / "out"))
    assert (drawn, plan.done, plan.failed) == ([], 2, 2)


@pytest.mark.slow
def test_a_stop_ends_actors_that_draw(address: str, out: Out, tmp_path: Path) -> None:
    photos = photos_in(tmp_path / "in", a="slow")
    pipe, stop = tmp_path / "in" / "a.slow", Stop()
    os.mkfifo(pipe)
    drawing: list[int] = []

    def stop_when_it_draws() -> None:
        drawing.append(os.pidfd_open(int(pipe.read_text())))
        stop.ask()

    asking = threading.Thread(target=stop_when_it_draws)
    asking.start()
    assert drawn_by(RayExecutor(quick(out), address), photos, stop) == []
    asking.join()
    ended, _, _ = select.select(drawing, [], [], ENDING_S)
    os.close(drawing[0])
    assert ended


@pytest.mark.slow
def test_a_driver_that_ends_is_one_line(address: str, out: Out, tmp_path: Path) -> None:
    photos = photos_in(tmp_path / "in", a="slow")
    pipe = tmp_path / "in" / "a.slow"
    os.mkfifo(pipe)
    executor = RayExecutor(quick(out), address)

    def kill_when_it_draws() -> None:
        pipe.read_text()
        assert executor._driver is not None
        executor._driver._process.kill()

    killing = threading.Thread(target=kill_when_it_draws)
    killing.start()
    with pytest.raises(LostError, match=f"signal {signal.SIGKILL:d}"):
        drawn_by(executor, photos)
    killing.join()
    assert rows_of(drawn_by(executor, photos_in(tmp_path / "more", b="good")))["b"].is_done


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "picture", "kind", "told"),
    [
        ("unfit", "good", UserError, "there is no such guide"),
        (None, "lost", LostError, "the disk is full"),
    ],
)
def test_what_keeps_all_from_being_drawn_is_told(
    address: str,
    out: Out,
    tmp_path: Path,
    text: str | None,
    picture: str,
    kind: type[Exception],
    told: str,
) -> None:
    photos = photos_in(tmp_path / "in", a=picture)
    with pytest.raises(kind, match=told):
        drawn_by(RayExecutor(quick(out, text), address), photos)


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


def test_what_ray_prints_is_no_event(tmp_path: Path) -> None:
    code = f"from {module.__name__} import _print_into_log as log; log(); print('noise')"
    home = {**os.environ, "CLIPASSO_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=home, capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")
    assert (tmp_path / "logs" / "ray.log").read_text() == "noise\n"


def test_ray_that_is_not_installed_is_one_line(out: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UserError, match=r"install\.py --with ray"):
        list(module._Cluster(quick(out), None, None).draw([Photo("a", "a", "a")]))


def test_another_version_on_a_machine_is_told() -> None:
    actor = module._Actor(QuickDraughtsman(SETTINGS, Out("")), "0.0.1")
    (fault,) = actor({"photo": [json.dumps({"path": "a", "place": "a"})]})["fault"]
    assert json.loads(fault)["code"] == "other-version"


@pytest.mark.parametrize(("gigabytes", "actors"), [(2, 1), (6, 1), (12, 3), (80, 4)])
def test_actors_share_a_gpu_by_its_memory(gigabytes: int, actors: int) -> None:
    assert gpu_share(gigabytes * 1e9) == 1 / actors
