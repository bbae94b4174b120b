"""What a wheel installs is all of it: an editable install would hide a folder or a data file that is left out."""

from __future__ import annotations

import shutil
import site
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("interp", "hooks", "probes", "figures")
DATA = (".json", ".jsonl", ".csv", ".txt", ".jinja", ".mplstyle")
NOT_CARRIED = ("figures/output",)


def _carried() -> set[str]:
    """Every source and data file of the four packages."""
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.suffix in (".py", *DATA)]
    named = {path.relative_to(ROOT).as_posix() for path in files}
    return {name for name in named if not name.startswith(NOT_CARRIED)}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree, built from a copy of its sources, with the setuptools that is installed."""
    source, made = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, source / package, ignore=shutil.ignore_patterns("__pycache__", "output"))
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(made), str(source)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    (path,) = made.glob("*.whl")
    return path


def test_a_wheel_holds_every_folder_and_data_file(wheel: Path) -> None:
    held = {name for name in zipfile.ZipFile(wheel).namelist() if not name.partition("/")[0].endswith(".dist-info")}
    wanted = _carried()
    assert len(wanted) > 200 and sum(name.endswith(DATA) for name in wanted) >= 6
    assert held == wanted


def test_a_command_runs_from_an_installed_wheel(wheel: Path, tmp_path: Path) -> None:
    """In an environment of its own; the libraries that it needs are those of this one."""
    home = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", str(home)], check=True, capture_output=True)
    python = home / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    (packages,) = (home / "lib").glob("python*/site-packages")
    # A path file is read for its lines only: what is installed there in editable form stays unseen.
    (packages / "libraries.pth").write_text("\n".join(site.getsitepackages()) + "\n")
    told = "import interp, probes.report; print(interp.__file__, probes.report.__file__)"
    clean = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    where = subprocess.run([python, "-c", told], cwd=tmp_path, env=clean, capture_output=True, text=True, check=True)
    assert where.stdout.count(str(packages)) == 2
    command = [python, "-m", "probes.fit", "--model", "smollm2-135m", "--domain", "chef"]
    command += ["--judge", "chat:anyone", "--dry-run-judge"]
    done = subprocess.run(command, cwd=tmp_path, env=clean, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "chat:anyone would be asked at most" in done.stdout
