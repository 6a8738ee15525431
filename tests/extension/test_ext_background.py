"""Sketches that compute while Inkscape goes on find their bitmap again, whatever happened to it,
its document, or the disk meanwhile.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple

import pytest
from clipasso_ext.document.selection import find_photos
from clipasso_ext.engine import finished
from clipasso_ext.engine.background import BackgroundJob, all_jobs
from clipasso_ext.engine.finished import insert_finished
from clipasso_ext.engine.settings import Settings
from clipasso_ext.engine.submission import submit
from clipasso_ext.host import Host, find_host
from clipasso_ext.locks import hold
from clipasso_ext.names import JOB, LABEL, SKETCH, SOURCE
from clipasso_ext.problem import Problem
from inkex import Transform

from easel import PAGE, hexad, image, png, root, sketch_task, uri
from kinds import Pointer
from matrices import applied

LIMIT_S = 20
posix = pytest.mark.skipif(sys.platform == "win32", reason="locks as other systems have them")
Submitted = Callable[..., List[BackgroundJob]]
NAMED = PAGE + ' sodipodi:docname="cats.svg"'
OTHER = PAGE + ' sodipodi:docname="dogs.svg"'


@pytest.fixture
def submitted(host: Host, scratch: Path) -> Submitted:
    """Orders a sketch of every bitmap of a document; waits until they are done."""

    def make(
        svg: Any, chosen: Optional[Settings] = None, wait: bool = True, where: Host = host
    ) -> List[BackgroundJob]:
        photos = find_photos(svg, [one.get("id") for one in svg if one.get("id")])
        made = [
            submit(
                sketch_task(svg, scratch, [scratch.parent], photo.id),
                chosen or Settings(strokes=3),
                where,
            )
            for photo in photos
        ]
        if wait:
            finish(made)
        return made

    return make


def finish(made: List[BackgroundJob]) -> None:
    end = time.monotonic() + LIMIT_S
    while any(job.outcome is None for job in made):
        assert time.monotonic() < end, "the job did not end"
        time.sleep(0.01)


def layers(svg: Any) -> List[Any]:
    return [one for one in svg.iter() if isinstance(one.tag, str) and one.get(SKETCH)]


def middle(svg: Any, layer: Any) -> Tuple[float, ...]:
    """Where the middle of a layer's strokes is on the page: the fake engine's ellipse has the
    picture's.
    """
    total = Transform()
    for one in reversed([layer, *layer.iterancestors()]):
        if one is not svg:
            total = total @ Transform(one.get("transform"))
    numbers = [
        float(number)
        for stroke in layer
        for pair in stroke.get("d").split()[1:]
        for number in pair.split(",")
        if pair != "C"
    ]
    starts = [
        applied(hexad(total), (numbers[at], numbers[at + 1])) for at in range(0, len(numbers), 8)
    ]
    return tuple(sum(axis) / len(starts) for axis in zip(*starts))


def edit(job: BackgroundJob, **facts: Any) -> None:
    path = job.folder / "job.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **facts}))


# Order and insert


def test_an_order_holds_everything_that_the_engine_needs(submitted: Submitted, host: Host) -> None:
    (job,) = submitted(root(image(), NAMED), wait=False)
    assert job.folder.parent == host.jobs
    assert job.facts["line"] == {
        "id": job.id,
        "photo": "photo.bitmap",
        "request": {"version": 1, "strokes": 3},
    }
    assert (job.folder / "photo.bitmap").read_bytes() == png(40, 20)
    assert json.loads((job.folder / "job.json").read_text()) == job.facts


def test_a_linked_bitmap_is_copied_for_the_job(submitted: Submitted, tmp_path: Path) -> None:
    (tmp_path / "cat.png").write_bytes(png(40, 20))
    (job,) = submitted(root(image(link="cat.png")))
    (tmp_path / "cat.png").unlink()
    assert (job.folder / "photo.png").read_bytes() == png(40, 20)
    assert job.name == "cat"


def test_a_finished_sketch_is_inserted_above_its_bitmap(submitted: Submitted, host: Host) -> None:
    svg = root(image(), NAMED)
    (job,) = submitted(svg)
    report = insert_finished(svg, host)
    assert (report.inserted, report.lines) == (["photo"], [])
    assert [one.get("id") for one in svg] == ["photo", "sketch-1"]
    (layer,) = layers(svg)
    assert layer.get(JOB) == job.id
    assert layer.get(LABEL) == "Sketch of photo (3 strokes)"
    assert middle(svg, layer) == pytest.approx((50, 40), abs=0.01)


def test_a_sketch_is_inserted_once(submitted: Submitted, host: Host) -> None:
    svg = root(image(), NAMED)
    submitted(svg)
    insert_finished(svg, host)
    report = insert_finished(svg, host)
    assert report.text() == "No sketch is waiting for this document."
    assert len(layers(svg)) == 1


def test_a_sketch_that_was_undone_comes_again_only_when_asked_for(
    submitted: Submitted, host: Host
) -> None:
    svg = root(image(), NAMED)
    submitted(svg)
    insert_finished(svg, host)
    svg.remove(layers(svg)[0])
    assert insert_finished(svg, host).inserted == []
    assert insert_finished(svg, host, again=True).inserted == ["photo"]
    assert insert_finished(svg, host, again=True).inserted == []  # is in the document
    assert len(layers(svg)) == 1


def test_several_are_inserted_oldest_first(submitted: Submitted, host: Host) -> None:
    svg = root(image("a") + image("b"), NAMED)
    one, two = submitted(svg)
    report = insert_finished(svg, host)
    assert sorted(report.inserted) == ["a", "b"]
    assert {layer.get(JOB) for layer in layers(svg)} == {one.id, two.id}
    assert report.text() in ("Inserted: a, b.", "Inserted: b, a.")  # submitted within one second


@pytest.mark.parametrize("treatment", ["dim", "hide"])
def test_the_bitmap_is_treated_when_its_sketch_comes(
    treatment: str, submitted: Submitted, host: Host
) -> None:
    svg = root(image(), NAMED)
    submitted(svg, Settings(bitmap=treatment))
    assert svg[0].get("style") is None
    insert_finished(svg, host)
    assert svg[0].get("style") in ("opacity:0.3", "display:none")


def test_a_sketch_has_the_looks_that_were_chosen_and_takes_the_place_of_the_one_before(
    submitted: Submitted, host: Host
) -> None:
    svg = root(image())
    submitted(svg, Settings(strokes=3))
    insert_finished(svg, host)
    chosen = Settings(strokes=3, look="marker", width=2.0, ink="#123456", replaces=True)
    (job,) = submitted(svg, chosen)
    insert_finished(svg, host)
    (layer,) = layers(svg)
    assert layer.get(JOB) == job.id
    assert {stroke.get("style") for stroke in layer} == {
        "fill:none;stroke-linejoin:round;stroke-opacity:0.55;stroke-linecap:butt;"
        "mix-blend-mode:multiply;stroke-width:2.5;stroke:#123456"
    }


@pytest.mark.parametrize(
    "looks", [7, [], ["ink", "wide", None, "keep", 0], [1, 0, None, "keep", 0]]
)
def test_looks_that_are_damaged_keep_no_other_sketch_from_its_document(
    submitted: Submitted, host: Host, looks: Any
) -> None:
    svg = root(image())
    first, _ = submitted(svg) + submitted(svg)
    edit(first, looks=looks)
    assert insert_finished(svg, host).inserted == ["photo"]


def test_a_hidden_bitmap_still_gets_its_next_sketch(submitted: Submitted, host: Host) -> None:
    svg = root(image(), NAMED)
    submitted(svg, Settings(bitmap="hide"))
    submitted(svg, Settings(bitmap="hide"))
    assert len(insert_finished(svg, host).inserted) == 2


# The bitmap meanwhile

MOVED = [
    ('transform="translate(100,10)"', 'x="10" y="20" width="80" height="40"', (150, 50)),
    ("", 'x="110" y="30" width="80" height="40"', (150, 50)),  # as Inkscape moves it
    ("", 'x="0" y="0" width="20" height="10"', (10, 5)),  # as Inkscape scales it
    ("", 'x="0" y="0" width="10" height="10"', (5, 5)),
    ('transform="rotate(90)"', 'x="10" y="20" width="80" height="40"', (-40, 50)),
    ('transform="scale(3,1)"', 'x="10" y="20" width="80" height="40"', (150, 40)),
    ('preserveAspectRatio="none"', 'x="0" y="0" width="10" height="80"', (5, 40)),
]


@pytest.mark.parametrize(("more", "box", "centre"), MOVED)
def test_a_sketch_finds_its_bitmap_wherever_that_was_moved_meanwhile(
    more: str, box: str, centre: Tuple[int, ...], submitted: Submitted, host: Host
) -> None:
    submitted(root(image(), NAMED))
    svg = root(
        '<g inkscape:groupmode="layer" transform="translate(1,2)">%s</g>'
        % image(more=more, box=box),
        NAMED,
    )
    assert insert_finished(svg, host).inserted == ["photo"]
    (layer,) = layers(svg)
    assert layer.getparent() is svg[0]
    assert middle(svg, layer) == pytest.approx((centre[0] + 1, centre[1] + 2), abs=0.01)


def test_a_sketch_of_a_drawn_bitmap_fills_the_whole_box_wherever_that_is(
    submitted: Submitted, host: Host
) -> None:
    (job,) = submitted(root(image(), NAMED))
    edit(job, drawn=True)
    svg = root(
        image(
            box='x="100" y="0" width="20" height="80"', more='preserveAspectRatio="xMinYMin slice"'
        ),
        NAMED,
    )
    insert_finished(svg, host)
    assert middle(svg, layers(svg)[0]) == pytest.approx((110, 40), abs=0.01)


def test_a_bitmap_whose_lines_were_broken_anew_is_the_same(
    submitted: Submitted, host: Host
) -> None:
    submitted(root(image(), NAMED))
    svg = root(image(link=uri().replace("A", "A&#10;")), NAMED)
    assert insert_finished(svg, host).inserted == ["photo"]


def test_a_linked_bitmap_is_the_same_wherever_the_document_lies(
    submitted: Submitted, host: Host, tmp_path: Path
) -> None:
    (tmp_path / "cat.png").write_bytes(png(40, 20))
    submitted(root(image(link="cat.png"), NAMED))
    for link in ("../../pictures/cat.png", "file:///home/me/cat.png", "C:\\cat.png"):
        svg = root(image(link=link), NAMED)
        assert insert_finished(svg, host, again=True).inserted == ["cat"], link


def test_another_bitmap_under_the_same_id_does_not_get_the_sketch(
    submitted: Submitted, host: Host
) -> None:
    submitted(root(image(), NAMED))
    svg = root(image(link=uri(png(41, 20))), NAMED)
    report = insert_finished(svg, host)
    assert (report.inserted, layers(svg)) == ([], [])
    assert "The bitmap of photo is gone" in report.text()


def test_a_bitmap_that_is_gone_leaves_the_sketch_waiting(submitted: Submitted, host: Host) -> None:
    submitted(root(image(), NAMED))
    svg = root("", NAMED)
    for _ in range(2):
        assert (
            insert_finished(svg, host)
            .text()
            .startswith("The bitmap of photo is gone. To put its sketch where the bitmap was")
        )
    assert insert_finished(root(image(), NAMED), host).inserted == ["photo"]


@pytest.mark.parametrize(
    "more", ["", 'transform="translate(30,40) rotate(90)"', 'transform="scale(-2,2)"']
)
def test_a_sketch_without_its_bitmap_can_go_where_that_was(
    more: str, submitted: Submitted, host: Host
) -> None:
    before = root(image(more=more), NAMED)
    submitted(before)
    svg = root('<path id="p" d="M 0,0 1,1"/>', NAMED)
    assert insert_finished(svg, host, place_gone=True).inserted == ["photo"]
    (layer,) = layers(svg)
    assert svg[-1] is layer
    assert middle(svg, layer) == pytest.approx(
        applied(hexad(Transform(before[0].get("transform"))), (50, 40)), abs=0.01
    )
    assert insert_finished(svg, host, place_gone=True).inserted == []


def test_the_clone_gets_the_sketch_that_was_submitted_for_it(
    submitted: Submitted, host: Host
) -> None:
    svg = root(
        '<defs>%s</defs><use id="u" xlink:href="#photo" transform="translate(100,0)"/>' % image(),
        NAMED,
    )
    submitted(svg)
    insert_finished(svg, host)
    (layer,) = layers(svg)
    assert layer.get(SOURCE) == "#u"
    assert middle(svg, layer) == pytest.approx((150, 40), abs=0.01)


def test_sketches_for_other_documents_wait_and_are_counted(
    submitted: Submitted, host: Host
) -> None:
    submitted(root(image("a") + image("b"), OTHER))
    submitted(root(image("c"), PAGE))
    report = insert_finished(root("", NAMED), host, place_gone=True)
    assert (report.inserted, report.text()) == ([], "3 more wait for other documents.")
    assert sorted(insert_finished(root(image("a") + image("b"), OTHER), host).inserted) == [
        "a",
        "b",
    ]
    assert insert_finished(root("", NAMED), host).text() == "1 more waits for other documents."


# Not done, or gone wrong


@posix
def test_what_still_computes_is_told_and_taken_up_again(
    submitted: Submitted, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_ENGINE", "slow")  # never writes an outcome
    svg = root(image(), NAMED)
    (job,) = submitted(svg, wait=False)
    assert insert_finished(svg, host).text() == "Still computing: photo (starting)."
    lock = hold(job.folder / "lock")  # as the engine's process does
    assert lock is not None
    (job.folder / "progress.json").write_text('{"event": "queued", "position": 2}')
    assert insert_finished(svg, host).text() == "Still computing: photo (waiting for its turn)."
    (job.folder / "progress.json").write_text('{"event": "progress", "step": 3, "steps": 9}')
    assert insert_finished(svg, host).text() == "Still computing: photo (step 3 of 9)."
    os.close(lock)
    monkeypatch.setenv("FAKE_ENGINE", "")
    said = insert_finished(svg, host).text()
    assert said.startswith("Begun anew: photo. It was interrupted: the disk was full")
    finish([job])  # by the process that the last look started
    assert insert_finished(svg, host).inserted == ["photo"]


@posix
def test_an_interrupted_sketch_waits_for_room_on_the_disk(
    submitted: Submitted, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_ENGINE", "slow")
    svg = root(image(), NAMED)
    (job,) = submitted(svg, wait=False)
    (job.folder / "progress.json").write_text('{"event": "progress", "step": 1, "steps": 120}')
    full = shutil.disk_usage("/")._replace(free=4096)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    assert insert_finished(svg, host).text() == (
        f"Interrupted: photo. The disk is full: make room for {host.jobs}, and choose this again."
    )


def test_a_failure_is_told_once(
    submitted: Submitted, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_ENGINE", "error")
    svg = root(image(), NAMED)
    submitted(svg)
    assert insert_finished(svg, host).text() == "Failed: photo. The photo is one plain colour"
    assert insert_finished(svg, host).text() == "No sketch is waiting for this document."
    assert layers(svg) == []


@pytest.mark.parametrize("outcome", ["", "{", "[]", "null"])
def test_an_outcome_that_is_half_written_is_still_computing(
    outcome: str, submitted: Submitted, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    svg = root(image(), NAMED)
    (job,) = submitted(svg)
    (job.folder / "outcome.json").write_text(outcome)
    monkeypatch.setattr(finished, "start", lambda *_: None)
    assert insert_finished(svg, host).text() == "Still computing: photo (starting)."


@pytest.mark.parametrize(
    "outcome",
    [
        {},
        {"event": 7},
        {"event": "cancelled"},
        {"event": "result"},
        {"event": "result", "svg": "<svg/>"},
    ],
)
def test_an_outcome_that_is_no_sketch_fails_alone(
    outcome: Dict[str, Any], submitted: Submitted, host: Host
) -> None:
    svg = root(image("a") + image("b"), NAMED)
    one, two = submitted(svg)
    (one.folder / "outcome.json").write_text(json.dumps(outcome))
    report = insert_finished(svg, host)
    assert report.inserted == [two.name]
    assert [line.split(".")[0] for line in report.lines] == ["Failed: %s" % one.name]
    assert len(layers(svg)) == 1
    assert insert_finished(svg, host).text() == "No sketch is waiting for this document."


@pytest.mark.parametrize(
    "damage",
    [
        {"image": None},
        {"name": 7},
        {"box": [1, 2, 3]},
        {"box": "1234"},
        {"box": [None] * 4},
        {"size_px": [0, 20]},
        {"size_px": 20},
        {"drawn": "yes"},
        {"document": None},
        {"fingerprint": []},
    ],
)
def test_an_order_that_is_damaged_does_not_keep_the_others(
    damage: Dict[str, Any], submitted: Submitted, host: Host
) -> None:
    svg = root(image("a") + image("b"), NAMED)
    one, two = submitted(svg)
    edit(one, **damage)
    assert insert_finished(svg, host).inserted == [two.name]


@pytest.mark.parametrize(
    "content", [None, "", "{}", "[]", "\0", '{"version": 2}', "[" * 5000 + "]" * 5000]
)
def test_a_folder_that_is_no_job_is_passed_over(
    content: Optional[str], submitted: Submitted, host: Host
) -> None:
    svg = root(image(), NAMED)
    submitted(svg)
    (host.jobs / "20000101-strange").mkdir()
    if content is not None:
        (host.jobs / "20000101-strange" / "job.json").write_text(content)
    (host.jobs / "a file").write_text("")
    (host.jobs / ".20000101-half-written").mkdir()
    assert insert_finished(svg, host).inserted == ["photo"]


def test_no_folder_at_all_means_no_jobs(host: Host) -> None:
    assert all_jobs(host) == []
    assert (
        insert_finished(root(image(), NAMED), host).text()
        == "No sketch is waiting for this document."
    )


def test_a_fault_half_way_leaves_every_sketch_waiting(
    submitted: Submitted, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    svg = root(image("a") + image("b"), NAMED)
    submitted(svg)
    insert, calls = BackgroundJob.insert, []

    def failing(self: BackgroundJob, *words: Any) -> None:
        calls.append(self.id)
        if len(calls) == 2:
            raise ZeroDivisionError
        insert(self, *words)

    monkeypatch.setattr(BackgroundJob, "insert", failing)
    with pytest.raises(ZeroDivisionError):
        insert_finished(svg, host)
    monkeypatch.setattr(BackgroundJob, "insert", insert)
    assert sorted(insert_finished(root(image("a") + image("b"), NAMED), host).inserted) == [
        "a",
        "b",
    ]


# The folder


def test_a_sketch_is_forgotten_thirty_days_after_it_was_inserted(
    submitted: Submitted, host: Host
) -> None:
    svg = root(image("a") + image("b") + image("c"), NAMED)
    old, young, waiting = submitted(svg)
    for job, days in ((old, 31), (young, 29)):
        job.settle()
        then = time.time() - days * 24 * 3600
        os.utime(str(job.folder / "inserted"), (then, then))
    shutil.rmtree(str(waiting.folder / "inserted"), ignore_errors=True)
    assert {job.id for job in all_jobs(host)} == {young.id, waiting.id}
    assert not old.folder.exists()


def test_a_sketch_that_waits_is_never_forgotten(submitted: Submitted, host: Host) -> None:
    (job,) = submitted(root(image(), NAMED))
    for path in (job.folder, *job.folder.iterdir()):
        os.utime(str(path), (0, 0))
    assert [one.id for one in all_jobs(host)] == [job.id]


@pytest.mark.parametrize("step", ["copyfile", "write", "rename"])
def test_a_disk_that_is_full_leaves_nothing_half(
    step: str, submitted: Submitted, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    if step == "copyfile":
        monkeypatch.setattr("shutil.copyfile", full)
    elif step == "write":
        monkeypatch.setattr(Path, "write_text", full)
    else:
        monkeypatch.setattr("os.replace", full)
    with pytest.raises(
        Problem, match=r"job can't be written .No space left on device.: make room for"
    ):
        submitted(root(image(), NAMED), wait=False)
    assert list(host.jobs.iterdir()) == []


def test_an_engine_that_is_missing_is_told_and_no_job_is_left(
    submitted: Submitted, pointer: Pointer
) -> None:
    pointer("/nowhere/clipasso")
    host = find_host()
    with pytest.raises(Problem, match="not where it was installed"):
        submitted(root(image(), NAMED), wait=False, where=host)
    assert all_jobs(host) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_job_outlives_inkscape_and_holds_none_of_its_pipes(
    submitted: Submitted, pointer: Pointer, tmp_path: Path
) -> None:
    path = tmp_path / "engine.py"
    path.write_text(
        "import json, os, sys\nfacts = {'event': 'result', 'session': os.getsid(0), 'pipes':"
        " [os.readlink('/proc/self/fd/%d' % n) for n in (0, 1, 2)]}\nopen(sys.argv[2] + '/new',"
        " 'w').write(json.dumps(facts)); os.replace(sys.argv[2] + '/new', sys.argv[2] +"
        " '/outcome.json')\n"
    )
    pointer(sys.executable, str(path))
    (job,) = submitted(root(image(), NAMED), where=find_host())
    outcome = job.outcome or {}
    assert outcome["session"] != os.getsid(0)
    assert outcome["pipes"] == ["/dev/null"] * 3
