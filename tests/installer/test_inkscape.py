"""Every Inkscape is found and served."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.installer import FakeMachine, last_line


def test_inkscape_itself_is_asked(machine: FakeMachine, capfd: pytest.CaptureFixture[str]) -> None:
    target = machine.add_inkscape(data=machine.folder / "somewhere else")
    machine.variables["DISPLAY"] = ":1"
    assert machine.do() == 0
    assert (target / "clipasso_sketch.inx").is_file()
    assert last_line(capfd).startswith("Ready: restart Inkscape")


def test_an_inkscape_that_does_not_answer_has_the_usual_folder(machine: FakeMachine) -> None:
    machine.add_inkscape()
    machine.said["--user-data-directory"] = None
    assert machine.do() == 0
    assert (
        machine.person / ".config" / "inkscape" / "extensions" / "clipasso" / "engine.json"
    ).is_file()


def test_an_appimage_is_known_by_its_settings(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str]
) -> None:
    (machine.person / ".config" / "inkscape").mkdir(parents=True)
    assert machine.do() == 0
    assert "Inkscape (AppImage)" in capfd.readouterr().out
    assert (machine.person / ".config" / "inkscape" / "extensions" / "clipasso").is_dir()


def test_flatpak_reaches_the_engine_outside(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str]
) -> None:
    machine.found["flatpak"] = "/usr/bin/flatpak"
    machine.said["flatpak info"] = "Inkscape"
    assert machine.do() == 0
    folder = machine.person / ".var/app/org.inkscape.Inkscape/config/inkscape/extensions/clipasso"
    pointer = json.loads((folder / "engine.json").read_text())
    assert pointer["command"][:3] == [
        "flatpak-spawn",
        "--host",
        f"--env=CLIPASSO_HOME={machine.home}",
    ]
    assert pointer["command"][3:] == [f"{machine.in_use}/bin/python", "-I", "-m", "clipasso_core"]
    assert pointer["scratch"].startswith(str(machine.home))
    assert "flatpak override --user --talk-name=org.freedesktop.Flatpak" in capfd.readouterr().out


def test_a_flatpak_folder_that_was_named_is_one_all_the_same(machine: FakeMachine) -> None:
    folder = machine.person / ".var/app/org.inkscape.Inkscape/config/inkscape/extensions"
    assert machine.do("--extensions-dir", str(folder)) == 0
    assert (
        json.loads((folder / "clipasso" / "engine.json").read_text())["command"][0]
        == "flatpak-spawn"
    )


def test_settings_that_flatpak_left_behind_are_no_inkscape(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str]
) -> None:
    machine.found["flatpak"] = "/usr/bin/flatpak"
    (machine.person / ".var/app/org.inkscape.Inkscape").mkdir(parents=True)
    assert machine.do() == 0
    assert "No Inkscape was found" in last_line(capfd)


@pytest.mark.parametrize("arguments", [[], ["--inkscape", "/snap/bin/inkscape"]])
def test_snap_is_told_what_to_do(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    machine.found = {"inkscape": "/snap/bin/inkscape", "/snap/bin/inkscape": "/snap/bin/inkscape"}
    assert machine.do(*arguments) == 0
    last = last_line(capfd)
    assert "Snap forbids" in last
    assert "deb, AppImage or Flatpak" in last
    assert "engine is ready" in last


def test_without_inkscape_the_engine_is_installed_and_the_rest_told(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str]
) -> None:
    assert machine.do() == 0
    last = last_line(capfd)
    assert "No Inkscape was found" in last
    assert "run this again" in last


def test_every_inkscape_is_listed_and_served(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str]
) -> None:
    machine.add_inkscape("/snap/bin/inkscape")  # first on the PATH
    machine.present.add("/usr/bin/inkscape")
    machine.said["/usr/bin/inkscape --user-data-directory"] = str(machine.folder / "deb")
    machine.found["flatpak"] = "/usr/bin/flatpak"
    machine.said["flatpak info"] = "Inkscape"
    assert machine.do("--json") == 0
    found = json.loads(capfd.readouterr().out)["inkscapes"]
    assert [one["name"] for one in found] == ["Inkscape (Snap)", "Inkscape", "Inkscape (Flatpak)"]
    for one in found:
        assert (
            one["folder"] is None
            or (Path(one["folder"]) / "clipasso" / "clipasso_sketch.inx").is_file()
        )


def test_an_inkscape_that_can_not_be_served_does_not_stop_the_others(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str]
) -> None:
    (machine.folder / "file").touch()
    machine.add_inkscape(data=machine.folder / "file")
    machine.found["flatpak"] = "/usr/bin/flatpak"
    machine.said["flatpak info"] = "Inkscape"
    assert machine.do() == 2
    assert (
        machine.person
        / ".var/app/org.inkscape.Inkscape/config/inkscape/extensions/clipasso/engine.json"
    ).is_file()
    last = last_line(capfd)
    assert "can't be written" in last
    assert "--extensions-dir" in last


def test_windows(machine: FakeMachine) -> None:
    machine.system = "win32"
    local = machine.person / "Local"
    roaming = machine.person / "Roaming"
    machine.variables = {
        "LOCALAPPDATA": str(local),
        "APPDATA": str(roaming),
        "PROGRAMFILES": "/programs",
    }
    machine.present.add("/programs/Inkscape/bin/inkscape.exe")
    assert machine.do() == 0
    pointer = json.loads(
        (roaming / "inkscape" / "extensions" / "clipasso" / "engine.json").read_text()
    )
    assert pointer["command"][0].endswith("python.exe")
    assert pointer["home"] == str(local / "clipasso")
    launcher = (local / "clipasso" / "bin" / "clipasso.cmd").read_text()
    assert str(machine.person) not in launcher  # its letters may be none of the console's
    assert '"%~dp0..\\engines\\' in launcher
    assert '\\Scripts\\python.exe" -I -m clipasso_core %*' in launcher


@pytest.mark.parametrize("place", ["/Applications", "~/Applications"])
def test_macos(machine: FakeMachine, place: str) -> None:
    machine.system = "darwin"
    place = place.replace("~", str(machine.person))
    machine.present.add(f"{place}/Inkscape.app/Contents/MacOS/inkscape")
    assert machine.do() == 0
    extensions = (
        machine.person
        / "Library/Application Support/org.inkscape.Inkscape/config/inkscape/extensions"
    )
    assert (extensions / "clipasso" / "clipasso_sketch.inx").is_file()


def ask_macs_python(machine: FakeMachine) -> dict[str, str]:
    """Have a Mac with an Inkscape in its usual place served. Returns the variables with which its
    Python was asked what it lacks.
    """
    application = "/Applications/Inkscape.app/Contents"
    machine.system = "darwin"
    machine.present |= {f"{application}/MacOS/inkscape", f"{application}/Resources/bin/python3"}
    assert machine.do() == 0
    asked = [number for number, text in enumerate(machine.ran) if "clipasso_ext.needs" in text]
    assert machine.ran[asked[0]].startswith(f"{application}/Resources/bin/python3 ")
    return dict(machine.variables_of[asked[0]])


def test_a_macs_inkscape_is_asked_with_gtk_where_the_application_has_it(
    machine: FakeMachine,
) -> None:
    libraries = "/Applications/Inkscape.app/Contents/Resources/lib"
    variables = ask_macs_python(machine)
    assert variables["GI_TYPELIB_PATH"] == f"{libraries}/girepository-1.0"


def test_homebrews_command_does_not_hide_the_application(machine: FakeMachine) -> None:
    machine.found["inkscape"] = "/opt/homebrew/bin/inkscape"
    machine.present.add("/opt/homebrew/bin/inkscape")
    ask_macs_python(machine)


def test_the_stores_python_is_not_taken_for_that_of_its_inkscape(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str]
) -> None:
    aliases = machine.person / "Microsoft" / "WindowsApps"
    aliases.mkdir(parents=True)
    for name in ("inkscape.exe", "python.exe"):
        (aliases / name).touch()
    machine.system = "win32"
    machine.variables = {
        "LOCALAPPDATA": str(machine.person / "Local"),
        "APPDATA": str(machine.person / "Roaming"),
    }
    machine.found["inkscape"] = str(aliases / "inkscape.exe")
    machine.present.add(str(aliases / "inkscape.exe"))
    assert machine.do() == 0
    assert not [text for text in machine.ran if text.startswith(str(aliases / "python.exe"))]
    assert "--home C:\\clipasso" in capfd.readouterr().out


def test_an_inkscape_that_is_not_there_is_one_line(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str]
) -> None:
    assert machine.do("--inkscape", "/no/such/inkscape") == 2
    assert "check the path" in capfd.readouterr().err
    assert machine.ran == []
