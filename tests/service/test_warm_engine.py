"""The warm engine, as the processes that it is: started, shared, killed, hung, insulted, outdated,
left alone.
"""

from __future__ import annotations

import base64
import io
import json
import os
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client
from pathlib import Path

import psutil
import pytest
from PIL import Image
from support.pictures import SIZE, draw_subject
from support.screen import wait_for
from support.talk import (
    BRIEF,
    ENDLESS,
    LIMIT_S,
    ROOT,
    Talk,
    clipasso,
    command,
    engine_process,
    engines,
    housekeeping,
    kinds,
    surroundings,
    wait_gone,
)

from clipasso_core.errors import UserError
from clipasso_core.service import client
from clipasso_core.service.place import REQUEST, Place, find_place

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="signals, sockets and modes as Unix has them"
)


@pytest.fixture(scope="module")
def den(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home whose engine these tests share and mistreat in turn."""
    with housekeeping(tmp_path_factory.mktemp("den")) as home:
        yield home


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Path]:
    """A home that has had no engine yet."""
    with housekeeping(tmp_path / "fresh") as home:
        home.mkdir()
        yield home


@pytest.fixture
def place(den: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Where the engine of the den listens; one does."""
    monkeypatch.setenv("CLIPASSO_HOME", str(den))
    assert clipasso(den, "engine", "start").returncode == 0
    return Place(den / "run")


def pid_of(home: Path) -> int:
    return int(json.loads(clipasso(home, "engine", "status", "--json").stdout)["pid"])


def kill_all(processes: list[psutil.Process]) -> None:
    for process in processes:
        process.kill()


def expect_cut(line: socket.socket) -> None:
    """Read until the other side hangs up; fails when it doesn't."""
    line.settimeout(20)
    with suppress(ConnectionResetError):
        while line.recv(65536):
            pass


# Death


def test_a_killed_engine_is_one_error_and_the_next_request_wakes_another(
    den: Path, photo: Path
) -> None:
    with Talk(den) as talk:
        talk.say({"id": 1, "photo": str(photo), "request": ENDLESS})
        talk.hear("progress")
        killed = engine_process(den)
        killed.kill()
        error = talk.hear("error", "result", "cancelled")[-1]
        assert (error["id"], error["event"], error["code"]) == (1, "error", "bug")
        assert str(den / "logs" / "engine.log") in error["message"]
        assert "engine-crash.log" in error["message"]
        talk.say({"id": 2, "photo": str(photo), "request": BRIEF})
        events = talk.hear("error", "result")
        assert events[0] == {"id": 2, "event": "waking"}
        assert kinds(events) == ["started", "progress", "result"]
        assert {event["id"] for event in events} == {2}
        talk.hang_up()
        assert talk.hear() == []
        assert talk.status() == 0
    assert engine_process(den).pid != killed.pid


def test_who_runs_on_while_clipasso_is_updated_is_told_to_start_again(
    fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIPASSO_HOME", str(fresh))
    monkeypatch.setattr(sys, "executable", str(fresh / "engines" / "removed" / "bin" / "python"))
    with pytest.raises(UserError, match="was updated or removed while this ran: start it again"):
        client.reach()


def test_an_engine_killed_between_two_requests_is_not_even_mentioned(
    den: Path, photo: Path
) -> None:
    with Talk(den) as talk:
        for number in (1, 2):
            talk.say({"id": number, "photo": str(photo), "request": BRIEF})
            assert kinds(talk.hear("error", "result")) == ["started", "progress", "result"]
            killed = engine_process(den)
            killed.kill()
            wait_gone(killed)


@pytest.mark.parametrize("way", ["kept open", "anew"])
def test_an_idle_engine_that_is_killed_this_moment_costs_no_request(
    den: Path, photo: Path, way: str
) -> None:
    request = {"photo": str(photo), "request": BRIEF}
    with Talk(den) as kept:
        kept.say({"id": 0, **request})
        kept.hear("result")
        for number in range(1, 6):
            engine_process(den).kill()
            if way == "kept open":
                kept.say({"id": number, **request})
                events = kept.hear("error", "result")
            else:
                with Talk(den) as other:
                    other.say({"id": number, **request})
                    events = other.hear("error", "result")
                kept.say({"id": number, **request})
                kept.hear("error", "result")
            assert kinds(events) == ["started", "progress", "result"]


def test_what_a_crash_leaves_behind_outlives_the_next_start(fresh: Path) -> None:
    assert clipasso(fresh, "engine", "start").returncode == 0
    left = fresh / "logs" / "engine-crash.log"
    engine_process(fresh).send_signal(signal.SIGABRT)  # as a crash in native code does
    wait_for(lambda: "Fatal Python error" in left.read_text(), "the crash is written down")
    wait_for(lambda: not engines(fresh), "the engine is gone")
    assert clipasso(fresh, "engine", "start").returncode == 0
    assert "Fatal Python error" in left.read_text()


def test_an_engine_that_hangs_is_replaced(den: Path, photo: Path, place: Place) -> None:
    hung = engine_process(den)
    hung.send_signal(signal.SIGSTOP)
    with Talk(den) as talk:
        talk.say({"id": 1, "photo": str(photo), "request": BRIEF})
        assert kinds(talk.hear("error", "result")) == ["started", "progress", "result"]
    wait_gone(hung)
    assert [process.pid for process in engines(den)] == [pid_of(den)]


def test_a_stale_socket_and_a_stale_record_are_no_obstacle(den: Path, place: Place) -> None:
    killed = engine_process(den)
    killed.kill()
    wait_gone(killed)
    assert Path(place.address).exists()  # as it was left
    assert place.record()["pid"] == killed.pid
    assert clipasso(den, "engine", "status").returncode == 2
    assert clipasso(den, "engine", "start").returncode == 0
    assert pid_of(den) != killed.pid


def test_stop_ends_the_engine_and_calls_off_what_it_computes(den: Path, photo: Path) -> None:
    with Talk(den) as talk:
        talk.say({"id": 1, "photo": str(photo), "request": ENDLESS})
        talk.hear("progress")
        process = engine_process(den)
        assert clipasso(den, "engine", "stop").stdout == "the engine has ended\n"
        assert talk.hear("error", "result", "cancelled")[-1]["event"] == "cancelled"
        wait_gone(process)
    assert clipasso(den, "engine", "stop").stdout == "the engine was not running\n"
    assert not (den / "run" / "socket").exists()
    assert not (den / "run" / "engine.json").exists()


def test_an_engine_that_nobody_needs_ends(fresh: Path) -> None:
    assert clipasso(fresh, "engine", "start", "--idle", "0.005").returncode == 0
    (process,) = engines(fresh)
    wait_gone(process)
    assert not (fresh / "run" / "socket").exists()
    assert not (fresh / "run" / "engine.json").exists()
    assert clipasso(fresh, "engine", "status").returncode == 2


# Sharing


def test_two_jobs_at_once_are_done_one_after_the_other(den: Path, photo: Path) -> None:
    with Talk(den) as one, Talk(den) as other:
        one.say({"id": "one", "photo": str(photo), "request": ENDLESS})
        one.hear("progress")
        other.say({"id": "other", "photo": str(photo), "request": BRIEF})
        assert other.hear("queued", "started") == [
            {"id": "other", "event": "queued", "position": 1}
        ]
        one.say({"id": "one", "stop": True})
        assert one.hear("result", "error", "cancelled")[-1]["event"] == "result"
        assert kinds(other.hear("result", "error", "cancelled")) == [
            "started",
            "progress",
            "result",
        ]
    assert len(engines(den)) == 1


def test_a_killed_client_leaves_the_engine_to_the_next(den: Path, photo: Path) -> None:
    with Talk(den) as one, Talk(den) as other:
        one.say({"id": 1, "photo": str(photo), "request": ENDLESS})
        one.hear("progress")
        before = pid_of(den)
        other.say({"id": 2, "photo": str(photo), "request": BRIEF})
        other.hear("queued")
        one.process.send_signal(signal.SIGKILL)
        assert kinds(other.hear("result", "error")) == ["started", "progress", "result"]
    assert pid_of(den) == before


def test_a_client_that_does_not_read_keeps_nobody_waiting(
    den: Path, photo: Path, place: Place
) -> None:
    deaf, _ = client.connect(place)
    with deaf, Talk(den) as other:
        line = {
            "id": 1,
            "photo": str(photo),
            "request": {**BRIEF, "steps": 40, "strokes": 20},
            "preview_px": 512,
        }
        deaf.send_bytes(REQUEST + json.dumps(line).encode())
        assert deaf.poll(LIMIT_S)  # it has begun; and now nobody reads
        other.say({"id": 2, "photo": str(photo), "request": BRIEF})
        assert kinds(other.hear("result", "error"))[-1] == "result"


def test_four_starts_at_once_give_one_engine(fresh: Path) -> None:
    starts = [
        subprocess.Popen(
            command("engine", "start"),
            cwd=ROOT,
            env=surroundings(fresh),
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    said = [start.communicate(timeout=LIMIT_S)[0] for start in starts]
    assert [start.returncode for start in starts] == [0] * 4
    (process,) = engines(fresh)
    assert all(f"process {process.pid})" in text for text in said), said


def test_an_engine_of_another_installation_is_replaced(
    fresh: Path, photo: Path, tmp_path: Path
) -> None:
    shutil.copytree(
        ROOT / "clipasso_core",
        tmp_path / "other" / "clipasso_core",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    (tmp_path / "other" / "clipasso_core" / "__init__.py").touch()  # newer than any file of ours
    other = tmp_path / "other"
    assert clipasso(fresh, "engine", "start", cwd=other, PYTHONPATH=str(other)).returncode == 0
    (old,) = engines(fresh)
    assert old.environ()["PYTHONPATH"] == str(other)
    with Talk(fresh) as talk:
        talk.say({"id": 1, "photo": str(photo), "request": BRIEF})
        events = talk.hear("result", "error")
        assert [events[0]["event"], events[-1]["event"]] == ["waking", "result"]
    wait_gone(old)
    (new,) = engines(fresh)
    assert new.environ()["PYTHONPATH"] == str(ROOT)


# Strangers


def test_a_caller_without_the_key_is_sent_away(den: Path, place: Place) -> None:
    before = pid_of(den)
    with pytest.raises((AuthenticationError, EOFError, OSError)):
        Client(place.address, place.family, authkey=b"another")
    # and does not care whether the engine knows the key
    with Client(place.address, place.family) as liar:
        assert liar.recv_bytes().startswith(b"#CHALLENGE#")
        liar.send_bytes(b"0" * 16)
        assert liar.recv_bytes() == b"#FAILURE#"
        with pytest.raises(EOFError):
            liar.recv_bytes()
    assert pid_of(den) == before


@pytest.mark.parametrize(
    "words",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\xff" * 1000,
        struct.pack("!iQ", -1, 1 << 40),
        struct.pack("!i", 5) + b"12345",
    ],
    ids=["http", "ff", "huge", "wrong"],
)
def test_nonsense_before_the_key_ends_the_call_and_not_the_engine(
    den: Path, place: Place, words: bytes
) -> None:
    before = pid_of(den)
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(place.address)
        line.sendall(words)
        expect_cut(line)
    assert pid_of(den) == before


@pytest.mark.parametrize(
    "words",
    [
        struct.pack("!i", 4) + b"what",
        struct.pack("!iQ", -1, 1 << 40),
        struct.pack("!i", 0x7FFFFFFF),
        struct.pack("!i", -7),
        b"\0",
    ],
    ids=["unknown", "huge", "large", "negative", "cut"],
)
def test_nonsense_behind_the_key_ends_the_call_and_not_the_engine(
    den: Path, place: Place, words: bytes
) -> None:
    before = pid_of(den)
    connection, _ = client.connect(place)
    with connection, socket.socket(fileno=os.dup(connection.fileno())) as line:
        line.sendall(words)
        if words == b"\0":
            line.shutdown(socket.SHUT_WR)
        expect_cut(line)
    assert pid_of(den) == before


def test_nonsense_in_a_request_is_an_error_event(den: Path, place: Place) -> None:
    connection, facts = client.connect(place)
    assert facts["engine"] == "clipasso"
    assert facts["protocol"] == 1
    with connection:
        for words in (b"\xff\xfe\0", b"[" * 100_000, b'{"id": 7}', b"", b"null"):
            connection.send_bytes(REQUEST + words)
            assert connection.poll(20)
            assert json.loads(connection.recv_bytes())["code"] == "bad-request"


def test_a_silent_caller_keeps_nobody_waiting(den: Path, place: Place) -> None:
    with (
        socket.socket(socket.AF_UNIX) as silent,
        socket.socket(socket.AF_UNIX) as slow,
        Talk(den) as talk,
    ):
        silent.connect(place.address)
        slow.connect(place.address)
        slow.sendall(struct.pack("!i", 200))  # and the 200 bytes never come
        began = time.monotonic()
        talk.say({"id": 1, "about": True})
        assert talk.hear("about", "error")[-1]["event"] == "about"
        assert time.monotonic() - began < 20


def test_who_promises_much_and_sends_nothing_keeps_nobody_waiting(den: Path, place: Place) -> None:
    connection, _ = client.connect(place)
    with connection, socket.socket(fileno=os.dup(connection.fileno())) as line:
        line.sendall(struct.pack("!i", 600 * 1024 * 1024))
        assert clipasso(den, "engine", "status").returncode == 0


# The place


def test_key_and_folder_are_the_owner_s_alone(den: Path, place: Place) -> None:
    assert stat.S_IMODE((den / "run").stat().st_mode) == 0o700
    assert stat.S_IMODE((den / "run" / "key").stat().st_mode) == 0o600
    assert stat.S_IMODE(Path(place.address).stat().st_mode) == 0o600
    assert len(place.key()) == 32


def test_a_folder_that_others_can_read_is_closed_to_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIPASSO_HOME", str(tmp_path))
    (tmp_path / "run").mkdir(mode=0o755)
    find_place()
    assert stat.S_IMODE((tmp_path / "run").stat().st_mode) == 0o700


def test_a_link_instead_of_the_folder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIPASSO_HOME", str(tmp_path))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UserError, match="belongs to somebody else"):
        find_place()


@pytest.mark.parametrize("text", ["", "abc", "zz", "00" * 5])
def test_a_damaged_key_is_made_anew(tmp_path: Path, text: str) -> None:
    (tmp_path / "key").write_text(text)
    key = Place(tmp_path).key()
    assert len(key) == 32
    assert Place(tmp_path).key() == key


def test_a_deep_home_has_its_socket_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("x" * 80)
    deep.mkdir()
    address = Place(deep).address
    assert len(os.fsencode(address)) <= 100
    assert stat.S_IMODE(Path(address).parent.stat().st_mode) == 0o700
    assert address == Place(deep).address
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert address == Place(deep).address, "whatever folder another caller has"
    (tmp_path / ("y" * 80)).mkdir()
    assert address != Place(tmp_path / ("y" * 80)).address


def test_a_home_that_can_not_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with Talk(tmp_path / "file") as talk:
        talk.say({"id": 1, "about": True})
        (event,) = talk.hear("error")
        assert event["code"] == "no-home"
        talk.hang_up()
        assert talk.status() == 2


# What it inherits, what it leaves


def test_nothing_of_inkscape_s_environment_reaches_the_engine(fresh: Path) -> None:
    foreign = {
        "PYTHONHOME": sys.base_prefix,
        "PYTHONPATH": os.pathsep.join([str(ROOT), "/nowhere"]),
        "PYTHONIOENCODING": "latin-1",
        "INKSCAPE_PROFILE_DIR": "/nowhere",
        "LD_LIBRARY_PATH": "/nowhere",
        "GTK_PATH": "/nowhere",
        "GI_TYPELIB_PATH": "/nowhere",
    }
    done = clipasso(fresh, "engine", "start", cwd=ROOT, **foreign)
    assert done.returncode == 0, done.stderr
    (process,) = engines(fresh)
    there = process.environ()
    assert not [
        name
        for name in there
        if name.startswith(("PYTHONH", "PYTHONI", "INKSCAPE", "LD_", "GTK_", "GI_"))
    ]
    assert there["PYTHONPATH"] == str(ROOT)
    assert there["CLIPASSO_HOME"] == str(fresh)
    assert "/nowhere" not in there.values()


def test_nothing_that_lies_in_the_engine_s_home_is_run(fresh: Path, photo: Path) -> None:
    for name in ("json", "torch", "numpy", "clipasso_core"):
        (fresh / f"{name}.py").write_text("raise SystemExit('sprung')")
    with Talk(fresh) as talk:
        talk.say({"id": 1, "photo": str(photo), "request": BRIEF})
        assert kinds(talk.hear("error", "result")) == ["started", "progress", "result"]


def test_the_engine_holds_on_to_no_pipe_of_its_starter(fresh: Path) -> None:
    starter = subprocess.Popen(
        command("engine", "start"),
        cwd=ROOT,
        env=surroundings(fresh),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    watchdog = threading.Timer(LIMIT_S, lambda: kill_all(engines(fresh)))
    watchdog.start()
    starter.communicate()  # returns when the last holder of the pipes has closed them
    watchdog.cancel()
    assert starter.returncode == 0
    (process,) = engines(fresh)
    assert os.getsid(process.pid) != os.getsid(0)  # a terminal that closes does not take it along
    if sys.platform == "linux":  # the pipe on which it said that it is ready is let go right after
        wait_for(
            lambda: os.readlink(f"/proc/{process.pid}/fd/1") == "/dev/null", "the end of the pipe"
        )


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_a_full_disk_silences_the_log_and_nothing_else(fresh: Path, photo: Path) -> None:
    (fresh / "logs").mkdir()
    for name in ("engine.log", "engine-crash.log"):
        (fresh / "logs" / name).symlink_to("/dev/full")
    with Talk(fresh) as talk:
        talk.say({"id": 1, "photo": str(photo), "request": BRIEF})
        assert kinds(talk.hear("result", "error")) == ["started", "progress", "result"]


def test_the_log_tells_the_life_of_the_engine(fresh: Path) -> None:
    clipasso(fresh, "engine", "start")
    (process,) = engines(fresh)
    clipasso(fresh, "engine", "stop")
    wait_gone(process)
    text = (fresh / "logs" / "engine.log").read_text()
    assert f"listens, process {process.pid}" in text
    assert text.rstrip().endswith("engine ends")
    assert "ERROR" not in text


@pytest.mark.slow
def test_fifty_sketches_in_a_row_take_no_more_memory_than_ten(fresh: Path) -> None:
    memory_mb = {}
    with Talk(fresh, limit_s=600) as talk:
        for number in range(1, 51):
            image, file = (
                draw_subject(Image.new("RGB", SIZE, (255, 255, 200 + number))),
                io.BytesIO(),
            )
            image.save(file, "PNG")
            request = {**BRIEF, "steps": 2, "seed": number, "mask": "auto"}
            talk.say(
                {
                    "id": number,
                    "data": base64.b64encode(file.getvalue()).decode(),
                    "request": request,
                    "preview_px": 64,
                }
            )
            assert talk.hear("result", "error")[-1]["event"] == "result"
            if number in (10, 50):
                memory_mb[number] = engine_process(fresh).memory_info().rss / 1e6
    assert memory_mb[50] < 1.1 * memory_mb[10], memory_mb
