"""What `make run`, `make test`, `make check` and the others do. Needs Python's standard library only.

Each first installs into .venv what it needs, if the lock file has changed since; after that it needs no network.
"""

from __future__ import annotations  # so that an old Python gets as far as saying that it is too old

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
CHECKS = [
    ["ruff", "check"],
    ["ruff", "format", "--check"],
    ["mypy"],
    ["lint-imports", "--no-logo"],
    ["bandit", "--quiet", "--configfile", "pyproject.toml", "--recursive", "advisor", "deploy", "tools", "dev.py"],
    ["python", "tools/gates.py"],
    ["djlint", "--lint", "--quiet", "templates"],
    ["hadolint", "deploy/Containerfile"],
    ["shellcheck", ".ci/run", "deploy/signpost"],
    ["python", "manage.py", "makemigrations", "--check", "--dry-run"],
    ["python", "-m", "tools.migrations"],
    ["python", "manage.py", "check", "--fail-level", "WARNING"],
]

NOTHING_CHOSEN = 5
"""What pytest ends with when its arguments leave no test over."""
PDF_LIBRARIES = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}
"""The files that make PDFs possible, and the Debian packages that hold them."""


def run(_: list[str]) -> None:
    install("run")
    call([PYTHON, "-m", "advisor.environment"])  # first, so that a wrong setting or a busy port changes nothing
    call([PYTHON, "manage.py", "setup_site"])
    print("Starting the server ...", flush=True)
    os.execv(PYTHON, [str(PYTHON), "-m", "gunicorn", "-c", "deploy/gunicorn.py"])


def test(arguments: list[str]) -> None:
    install("dev")
    install_what_tests_need()
    suite: list[str | Path] = [PYTHON, "-m", "pytest", "-n", str(min(os.cpu_count() or 1, 4)), *arguments]
    print("== The suite, on SQLite", flush=True)
    call(suite, clean_environment())
    print("== What touches the database, on PostgreSQL", flush=True)
    on_postgresql = [PYTHON, "-m", "tests.postgres", *suite, "--database-only"]
    call(on_postgresql, clean_environment(), fine=(0, NOTHING_CHOSEN) if arguments else (0,))


def check(_: list[str]) -> None:
    install("dev")
    failed = []
    for command in CHECKS:
        print("==", *command, flush=True)
        if subprocess.run([VENV / "bin" / command[0], *command[1:]], cwd=ROOT, env=clean_environment()).returncode:
            failed.append(" ".join(command))
    if failed:
        sys.exit("Failed: " + "; ".join(failed))
    print("All checks passed.")


def bench(arguments: list[str]) -> None:
    install("dev")
    install_what_tests_need()
    call([PYTHON, "-m", "tests.benchmarks", *arguments], clean_environment())


def audit(_: list[str]) -> None:
    """Parts and licences need no network. Known holes do: without it the exit code is 3, which is not success."""
    install("dev")
    Path(ROOT / "build").mkdir(exist_ok=True)
    for what in (["parts", "build/parts.cdx.json"], ["licences"], ["holes"]):
        print("==", *what, flush=True)
        call([PYTHON, "tools/supply.py", *what])


def fuzz(arguments: list[str]) -> None:
    """Whatever can be sent, at random: 2000 tries of each kind, or as many as the first argument says."""
    install("dev")
    tries, *more = arguments or ["2000"]
    command: list[str | Path] = [PYTHON, "-m", "pytest", "-n", str(min(os.cpu_count() or 1, 4)), "tests/fuzz", *more]
    call(command, clean_environment() | {"FUZZ": tries})


def drills(arguments: list[str]) -> None:
    """One after another: they measure, and stop whole servers."""
    install("dev")
    install_what_tests_need("strace")
    call([PYTHON, "-m", "pytest", "-q", "--drills", *arguments], clean_environment())


def install(kind: str) -> None:
    """Install requirements/run.txt or dev.txt (which includes run), unless the stamp says that it is installed."""
    stamps = {name: (VENV / f"installed-{name}", digest_of_lock(name)) for name in ("run", "dev")}
    make_venv()
    stamp, digest = stamps[kind]
    if stamp.is_file() and stamp.read_text() == digest:
        return
    for other, _ in stamps.values():
        other.unlink(missing_ok=True)  # what is installed is unknown until this is through
    lock = f"requirements/{kind}.txt"
    command: list[str | Path] = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--require-hashes", "--only-binary", ":all:", "-r", lock]
    if wait_for(command, f"Installing {lock} into .venv (once; needs the network)"):
        sys.exit(f"{lock} could not be installed: see above. Is there a network? Then run the same command again.")
    for name in ("run", "dev") if kind == "dev" else ("run",):
        stamps[name][0].write_text(stamps[name][1])


def make_venv() -> None:
    if PYTHON.exists() and (VENV / "bin" / "pip").exists():
        return
    if any(importlib.util.find_spec(module) is None for module in ("venv", "ensurepip")):
        sys.exit("Python's venv module is missing. Install python3-venv: apt-get install python3-venv")
    if wait_for([sys.executable, "-m", "venv", "--clear", VENV], "Making .venv"):
        sys.exit(".venv could not be made: see above. On Debian, install python3-venv: apt-get install python3-venv")


def install_what_tests_need(*programs: str) -> None:
    """The browser tests drive Debian's Chromium; Playwright's driver also needs libatomic. PDFs need what sets type.

    The proxy's tests run Debian's nginx, which lies where only root looks. The units are judged by systemd's own tool.
    What touches the database runs on PostgreSQL, too. Of other `programs` the package has the same name.
    """
    browser = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    packages = [] if browser else ["chromium-headless-shell"]
    if not shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin"):
        packages.append("nginx-light")
    packages += [] if shutil.which("systemd-analyze") else ["systemd"]
    if not (shutil.which("initdb") or any(Path("/usr/lib/postgresql").glob("*/bin/initdb"))):
        packages.append("postgresql")
    if not is_installed("libatomic.so.1"):
        packages.append("libatomic1")
    packages += [program for program in programs if not shutil.which(program)]
    packages += [package for file, package in PDF_LIBRARIES.items() if not is_installed(file)]
    if not packages:
        return
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    install_them = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    may = shutil.which("apt-get") and (
        not sudo or (shutil.which("sudo") and not subprocess.call([*sudo, "true"], stderr=subprocess.DEVNULL))
    )
    if may and wait_for([*sudo, *install_them], f"Installing {' and '.join(packages)} for the tests"):
        wait_for([*sudo, "apt-get", "update", "-qq"], "Asking for the current list of packages")
        may = not wait_for([*sudo, *install_them], "Installing again")
    if not may:
        sys.exit(f"The tests need {' and '.join(packages)}. Run: sudo apt-get install -y {' '.join(packages)}")


def is_installed(library: str) -> bool:
    return any(Path("/usr/lib").glob(f"*/{library}")) or Path("/usr/lib64", library).exists()


def digest_of_lock(kind: str) -> str:
    return hashlib.sha256((ROOT / "requirements" / f"{kind}.txt").read_bytes()).hexdigest()


def clean_environment() -> dict[str, str]:
    """Nobody's own settings may change what tests and checks say, nor may these touch the data of a site."""
    kept = {name: value for name, value in os.environ.items() if name != "PORT" and not name.startswith("SIGNPOST_")}
    return {**kept, "SIGNPOST_ENV_FILE": os.devnull, "SIGNPOST_DATA": str(VENV / "test-data")}


def call(command: list[str | Path], env: dict[str, str] | None = None, fine: tuple[int, ...] = (0,)) -> None:
    if (code := subprocess.run(command, cwd=ROOT, env=env).returncode) not in fine:
        sys.exit(code)


def wait_for(command: list[str | Path], title: str) -> int:
    """Run a command that says little itself, telling every few seconds that it is still at work."""
    start = time.monotonic()
    print(f"{title} ...", flush=True)
    process = subprocess.Popen(command, cwd=ROOT)
    while True:
        try:
            return process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            print(f"  still at work after {time.monotonic() - start:.0f} s", flush=True)


def main() -> None:
    commands = {
        "run": run,
        "test": test,
        "check": check,
        "bench": bench,
        "drills": drills,
        "fuzz": fuzz,
        "audit": audit,
    }
    if len(sys.argv) < 2 or sys.argv[1] not in commands:
        sys.exit(f"Use: python3 dev.py {'|'.join(commands)}")
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        sys.exit(f"Signpost needs Python 3.11, 3.12 or 3.13; {sys.executable} is {sys.version.split()[0]}.")
    try:
        commands[sys.argv[1]](sys.argv[2:])
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
