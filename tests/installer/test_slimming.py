"""torch's build for GPUs does without what only a GPU needs, and can have it back."""

from __future__ import annotations

import ctypes
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support.installer import CHECKOUT, FakeMachine

from installer.clone import clone_environment
from installer.elf import Symbol, read_library
from installer.home import site_packages
from installer.slimming import Placeholder, TorchPackages, wanted_of_gpu
from installer.stand_in import ANSWER, make_stand_in

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="shared libraries of Linux")
PROCESSORS = {"x86_64": 62, "aarch64": 183}
FUNCTIONS = [
    Symbol("cudaGetDeviceCount", "libcudart.so.13", "libcudart.so.13"),
    Symbol("cudaFree", "old", "libcudart.so.13"),
    Symbol("ncclInit"),
]


@LINUX
def test_a_stand_in_is_loaded_and_each_of_its_functions_says_that_there_is_no_gpu(
    tmp_path: Path,
) -> None:
    path = tmp_path / "libcudart.so.13"
    path.write_bytes(make_stand_in(path.name, FUNCTIONS, PROCESSORS[platform.machine()]))
    assert path.stat().st_size < 5000
    library = ctypes.CDLL(str(path), mode=os.RTLD_NOW)
    for function in FUNCTIONS:
        assert library[function.name]() == ANSWER
    with pytest.raises(AttributeError):
        library["cudaMalloc"]


@LINUX
def test_a_stand_in_has_the_versions_that_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "libcudart.so.13"
    path.write_bytes(make_stand_in(path.name, FUNCTIONS, PROCESSORS[platform.machine()]))
    library = ctypes.CDLL(str(path))
    find = ctypes.CDLL(None).dlvsym
    find.restype = ctypes.c_void_p
    find.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p)
    for name, version, there in (
        (b"cudaGetDeviceCount", b"libcudart.so.13", True),
        (b"cudaFree", b"old", True),
        (b"cudaFree", b"libcudart.so.13", False),
    ):
        assert bool(find(library._handle, name, version)) == there


def test_a_processor_that_is_not_known_has_no_stand_in() -> None:
    with pytest.raises(ValueError, match="processor 8 is not known"):
        make_stand_in("libnccl.so.2", [], 8)


@LINUX
def test_what_a_library_needs_is_read_from_its_file() -> None:
    (path,) = Path(np.__file__).parent.glob("_core/_multiarray_umath*.so")
    library = read_library(path)
    assert library.machine == PROCESSORS[platform.machine()]
    assert "libc.so.6" in library.needed
    assert "PyInit__multiarray_umath" in library.offered
    (malloc,) = (one for one in library.wanted if one.name == "malloc")
    assert malloc.library == "libc.so.6"
    assert malloc.version.startswith("GLIBC_")
    assert Symbol("PyErr_Clear") in library.wanted
    assert wanted_of_gpu([library]) == []


@pytest.mark.parametrize(
    "content",
    [b"", b"MZ" + bytes(100), b"\x7fELF\x02\x01" + b"\xff" * 90],
    ids=["empty", "of Windows", "damaged"],
)
def test_a_file_that_is_no_library_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "libtorch.so"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"."):
        read_library(path)


def add_package(site: Path, name: str, version: str, needs: tuple[str, ...] = ()) -> None:
    """Lay a package of that name and version, of 1 MB, among others."""
    folder = site / f"{name.replace('-', '_')}-{version}.dist-info"
    folder.mkdir()
    facts = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    facts += "".join(f"Requires-Dist: {need}\n" for need in needs)
    (folder / "METADATA").write_text(facts)
    (folder / "large").write_bytes(bytes(1_000_000))
    (folder / "RECORD").write_text(f"{folder.name}/METADATA,,\n{folder.name}/large,,\n")


NEEDS = (
    "sympy>=1.13.3",
    'cuda-toolkit[cublas,cudart]==13.0.3; platform_system == "Linux"',
    'cuda-bindings<14,>=13.0.3; platform_system == "Linux"',
    'nvidia-nccl-cu13==2.30.7; platform_system == "Linux"',
    'triton~=3.8.0; platform_system == "Linux"',
    "cudalike==1.0",
)


def test_a_package_that_is_left_out_is_there_for_pip_in_the_version_that_torch_names(
    tmp_path: Path,
) -> None:
    add_package(tmp_path, "torch", "2.14.1", NEEDS)
    packages = TorchPackages(tmp_path)
    toolkit = Placeholder("cuda-toolkit", "13.0.3", ("cublas", "cudart"))
    assert packages.missing()[0] == toolkit
    packages.fill_in()
    left_out = {
        "cuda-toolkit": "13.0.3",
        "cuda-bindings": "13.0.3",
        "nvidia-nccl-cu13": "2.30.7",
        "triton": "3.8.0",
    }
    assert packages.placeholders() == left_out
    assert packages.missing() == []
    assert packages.for_gpu() == []
    for one in importlib.metadata.distributions(path=[str(tmp_path)]):
        if one.name in left_out:
            assert one.version == left_out[one.name]
            assert all(Path(str(file.locate())).is_file() for file in one.files or ())
            assert set(one.metadata.get_all("Provides-Extra", [])) <= {"cublas", "cudart"}


def let_torch_need_a_gpu(machine: FakeMachine) -> Path:
    """Lay torch for a GPU into the environment in use. Returns the folder of its packages."""
    site = site_packages(machine.in_use)
    add_package(site, "torch", "2.14.1", NEEDS)
    for name, version in (("nvidia-nccl-cu13", "2.30.7"), ("triton", "3.8.0")):
        add_package(site, name, version)
    return site


def uninstall(machine: FakeMachine) -> None:
    """As pip does, from the environment that is not in use."""
    (folder,) = (one for one in machine.engines if one != machine.in_use and (one / "bin").exists())
    for name in ("nvidia_nccl_cu13-2.30.7", "triton-3.8.0"):
        for path in (site_packages(folder) / f"{name}.dist-info").iterdir():
            path.unlink()
        path.parent.rmdir()


def test_doctor_tells_the_size_and_what_of_it_is_for_a_gpu(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str]
) -> None:
    machine.do()
    let_torch_need_a_gpu(machine)
    assert machine.do("doctor") == 0
    out = capfd.readouterr().out
    assert "· size: the engine takes 0.0 GB, 0.0 GB of it for a GPU that is not there" in out
    assert "to leave that out, run  python3 install.py slim" in out
    machine.said["nvidia-smi"] = "580.1"
    assert machine.do("doctor") == 0
    assert "✓ size: the engine takes 0.0 GB\n" in capfd.readouterr().out


def test_an_engine_is_made_slim_beside_the_one_in_use(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str]
) -> None:
    machine.do()
    before, site = machine.in_use, let_torch_need_a_gpu(machine)
    machine.running["pip uninstall"] = lambda: uninstall(machine)
    assert machine.do("slim") == 0
    assert machine.count("nvidia-nccl-cu13 triton") == 1
    assert machine.engines == [machine.in_use] != [before]
    packages = TorchPackages(site_packages(machine.in_use))
    assert "triton" in packages.placeholders()
    assert "The engine takes 0.0 GB (before: 0.0 GB)." in capfd.readouterr().out
    assert machine.do("slim") == 0
    assert "There is nothing that only a GPU needs." in capfd.readouterr().out
    assert machine.do() == machine.do("doctor") == 0
    assert machine.count("pip install") == 0
    assert not site.exists()


def test_a_slim_engine_that_does_not_draw_is_not_used(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str]
) -> None:
    machine.do()
    before = machine.in_use
    let_torch_need_a_gpu(machine)
    machine.said["-m clipasso_core sketch"] = None
    assert machine.do("slim") == 2
    assert "the engine that was there stays in use" in capfd.readouterr().err
    assert machine.engines == [before] == [machine.in_use]


@pytest.mark.parametrize(
    ("driver", "said"), [(None, "run  python3 install.py"), ("580.1", "there is a GPU")]
)
def test_where_nothing_can_be_left_out_one_line_says_why(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str], driver: str | None, said: str
) -> None:
    machine.said["nvidia-smi"] = driver
    if driver:
        machine.do()
        let_torch_need_a_gpu(machine)
        capfd.readouterr()
    assert machine.do("slim") == 2
    err = capfd.readouterr().err
    assert said in err
    assert err.count("\n") == 1
    assert machine.count("pip") == 0


def test_without_a_gpu_the_default_build_comes_without_what_a_gpu_needs_and_a_gpu_brings_it(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str]
) -> None:
    machine.online = False
    assert machine.do() == 0
    assert machine.count("--no-deps torch torchvision") == 1
    assert "the default build without its GPU libraries; up to 0.8 GB" in capfd.readouterr().out
    before = machine.in_use
    assert machine.do() == 0
    assert machine.in_use == before
    machine.said["nvidia-smi"] = "580.1"
    assert machine.do() == 0
    assert machine.in_use != before
    assert machine.count("--no-deps torch torchvision") == 0


@pytest.mark.parametrize(("command", "times"), [("install", 0), ("test", 1)])
def test_the_tests_have_what_compiles_kernels(
    machine: FakeMachine, command: str, times: int
) -> None:
    machine.online = False

    def lay_torch() -> None:
        (folder,) = (one for one in machine.engines if (one / "bin").exists())
        add_package(site_packages(folder), "torch", "2.14.1", NEEDS)

    machine.running["--no-deps torch torchvision"] = lay_torch
    assert machine.do(command) == 0
    assert machine.count("--force-reinstall --no-deps triton==3.8.0") == times


def test_a_torch_that_does_not_load_without_them_gets_the_gpus_libraries(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str]
) -> None:
    machine.online = False
    machine.said["-c import torch, torchvision"] = None
    assert machine.do() == 0
    assert "they come as well" in capfd.readouterr().out
    assert machine.count("pip install") == 4  # torch alone, setuptools, the engine, the rest
    assert machine.do("slim") == 0  # it is known as a full one


def test_where_they_can_not_be_left_out_the_whole_build_is_installed(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str]
) -> None:
    def lay_damaged_library() -> None:
        (folder,) = (one for one in machine.engines if (one / "bin").exists())
        library = site_packages(folder) / "torch" / "lib" / "libtorch.so"
        library.parent.mkdir(parents=True)
        library.write_bytes(b"damaged")

    machine.online = False
    machine.running["--no-deps torch"] = lay_damaged_library
    assert machine.do() == 0
    assert "The GPU's libraries can't be left out here (no shared" in capfd.readouterr().out
    assert json.loads((machine.home / "current.json").read_text())["torch"] == "default"


@LINUX
def test_stand_ins_that_are_there_are_left_as_they_are(tmp_path: Path) -> None:
    folder = tmp_path / "torch" / "lib"
    folder.mkdir(parents=True)
    (own,) = Path(np.__file__).parent.glob("_core/_multiarray_umath*.so")
    (folder / "libtorch.so").write_bytes(own.read_bytes())
    stand_in = make_stand_in("libcudart.so.13", FUNCTIONS, PROCESSORS[platform.machine()])
    (folder / "libcudart.so.13").write_bytes(stand_in)
    TorchPackages(tmp_path).fill_in()
    assert (folder / "libcudart.so.13").read_bytes() == stand_in


@pytest.mark.slow
@LINUX
def test_the_true_torch_draws_the_same_without_them(tmp_path: Path) -> None:
    full = Path(sys.prefix)
    packages = TorchPackages(site_packages(full))
    if sys.prefix == sys.base_prefix or not packages.for_gpu():
        pytest.skip("needs torch's build for GPUs, in a virtual environment")
    if full.stat().st_dev != tmp_path.stat().st_dev:
        pytest.skip("its clone would be a copy of several GB")
    slim = tmp_path / "x".ljust(len(full.name), "x")
    slim.mkdir()
    clone_environment(full, slim)
    pip = [str(slim / "bin" / "python"), "-I", "-m", "pip"]
    subprocess.run([*pip, "uninstall", "--quiet", "--yes", *packages.for_gpu()], check=True)
    own = TorchPackages(site_packages(slim))
    own.fill_in()
    assert own.for_gpu() == []
    assert own.missing() == []
    listed = subprocess.run([*pip, "check"], capture_output=True, text=True).stdout
    assert "torch" not in listed
    drawn = [sketch_with(environment, tmp_path) for environment in (full, slim)]
    assert drawn[0] == drawn[1]


def sketch_with(environment: Path, folder: Path) -> bytes:
    """A sketch of the example, by this checkout's engine in an environment."""
    how = ["--preset", "draft", "--strokes", "4", "--steps", "3", "--seed", "1", "--device", "cpu"]
    example = CHECKOUT / "examples" / "coffee.jpg"
    python, target = str(environment / "bin" / "python"), str(folder / "sketch.svg")
    command = [python, "-m", "clipasso_core", "sketch", str(example)]
    variables = {**os.environ, "PYTHONPATH": str(CHECKOUT), "CLIPASSO_HOME": str(folder / "home")}
    subprocess.run(
        [*command, "-o", target, "--force", *how], check=True, env=variables, capture_output=True
    )
    return Path(target).read_bytes()
