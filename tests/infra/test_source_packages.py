"""Packages hold what the program imports and nothing else; the same sources give the same asset."""

import json
import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from aws_cdk import FileSystem

from infra.constructs.locked_requirements import NotLockedError, entries, locked, names, normalised
from infra.constructs.source_closure import follow
from infra.constructs.source_package import REPOSITORY, HeavyImportError, MissingSourceError, SourcePackages
from tests.infra.assembly import Assembly

ZIPS = ("notify_alert", "land_alerts", "check_feeds")
HEAVY = {"numba", "numpy", "pyarrow", "pandas", "llvmlite"}


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A small checkout: a light and a heavy half of the library, one function, one service."""
    files = {
        "shared/surveillance/__init__.py": "",
        "shared/surveillance/alerts.py": "from . import errors\n",
        "shared/surveillance/errors.py": "import json\n",
        "shared/surveillance/numbers.py": "import numpy\n",
        "shared/surveillance/adapters/__init__.py": "",
        "shared/surveillance/adapters/tables.py": "def table():\n    import boto3, surveillance.alerts\n",
        "shared/surveillance/adapters/limits.toml": "a = 1\n",
        "shared/surveillance/unused.py": "",
        "lambdas/notify/handler.py": "from surveillance.adapters.tables import table\nimport announcement\n",
        "lambdas/notify/announcement.py": "",
        "lambdas/heavy/handler.py": "from surveillance import numbers\n",
        "ingester/__init__.py": "",
        "ingester/__main__.py": "from ingester import batches\n",
        "ingester/batches.py": "from surveillance import numbers\n",
        "ingester/Dockerfile": "FROM scratch\n",
        "ingester/requirements.txt": "numpy\n",
        "requirements.lock": "numpy==2.0.0 \\\n    --hash=sha256:00\n",
    }
    write(tmp_path / "checkout", files)
    return tmp_path / "checkout"


def laid_out(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_zip_holds_the_handler_and_what_it_imports(repository: Path, tmp_path: Path) -> None:
    folder = SourcePackages(tmp_path / "out", bundle=False, repository=repository).zip("notify")
    assert laid_out(folder) == {
        "handler.py",
        "announcement.py",
        "surveillance/__init__.py",
        "surveillance/alerts.py",
        "surveillance/errors.py",
        "surveillance/adapters/__init__.py",
        "surveillance/adapters/tables.py",
        "surveillance/adapters/limits.toml",
    }


def test_a_zip_that_imports_something_heavy_is_refused(repository: Path, tmp_path: Path) -> None:
    packages = SourcePackages(tmp_path / "out", bundle=False, repository=repository)
    with pytest.raises(HeavyImportError, match="lambdas/heavy is deployed as a small zip but imports numpy"):
        packages.zip("heavy")


def test_a_missing_function_is_named(repository: Path, tmp_path: Path) -> None:
    packages = SourcePackages(tmp_path / "out", bundle=False, repository=repository)
    with pytest.raises(MissingSourceError, match=r"lambdas/nobody/handler\.py is missing"):
        packages.zip("nobody")


def test_a_service_keeps_the_repository_s_layout(repository: Path, tmp_path: Path) -> None:
    folder = SourcePackages(tmp_path / "out", bundle=False, repository=repository).service("ingester")
    assert laid_out(folder) == {
        "ingester/Dockerfile",
        "ingester/__init__.py",
        "ingester/__main__.py",
        "ingester/batches.py",
        "ingester/requirements.txt",
        "shared/surveillance/__init__.py",
        "shared/surveillance/numbers.py",
    }


@pytest.mark.parametrize("function", ZIPS)
def test_small_functions_start_without_heavy_packages(function: str, tmp_path: Path) -> None:
    folder = SourcePackages(tmp_path, bundle=False).zip(function)
    reached = follow([folder / "handler.py"], {"surveillance": folder})
    assert not reached.foreign & HEAVY


def test_the_image_s_context_holds_the_engine_and_locked_requirements(tmp_path: Path) -> None:
    folder = SourcePackages(tmp_path, bundle=False).image("detect_events")
    requirements = (folder / "requirements.txt").read_text()
    assert {"handler.py", "Dockerfile", "compile_kernels.py"} <= laid_out(folder)
    assert "--hash=sha256:" in requirements
    assert set(entries(requirements)) == set(names((REPOSITORY / "lambdas/detect_events/requirements.txt").read_text()))


def test_every_package_the_image_imports_is_installed_in_it(tmp_path: Path) -> None:
    folder = SourcePackages(tmp_path, bundle=False).image("detect_events")
    reached = follow(sorted(folder.glob("*.py")), {"surveillance": folder})
    third_party = {name.replace("_", "-") for name in reached.foreign - sys.stdlib_module_names - {"handler"}}
    assert third_party <= set(entries((folder / "requirements.txt").read_text()))


@pytest.mark.extended
@pytest.mark.parametrize("function", ["collect_dataset", "plan_history", "reconcile_indicators"])
def test_functions_of_history_start_with_what_their_image_installs(function: str, tmp_path: Path) -> None:
    folder = SourcePackages(tmp_path, bundle=False).image(function)
    run_with_only((folder / "requirements.txt").read_text(), "import handler; handler.handle", folder)


@pytest.mark.extended
def test_spark_jobs_start_with_their_library_zipped_and_what_they_install(tmp_path: Path) -> None:
    packages = SourcePackages(tmp_path, bundle=False)
    library = shutil.make_archive(str(tmp_path / "library"), "zip", packages.job_library())
    installed = packages.job_requirements().read_text() + "pyspark==3.5.6\npy4j==0.10.9.7\n"
    for job in ("compaction", "indicators", "quality"):
        shutil.copy(packages.job_script(job), tmp_path / f"script_{job}.py")
    started = "import script_compaction, script_indicators, script_quality, exchange_calendars"
    run_with_only(installed, f"sys.path.insert(0, {library!r}); {started}", tmp_path)


@pytest.mark.nightly
def test_the_models_are_read_with_what_their_image_installs(tmp_path: Path) -> None:
    folder = SourcePackages(tmp_path, bundle=False).models()
    (entry,) = (line for line in (folder / "Dockerfile").read_text().splitlines() if line.startswith("ENTRYPOINT"))
    words = json.loads(entry.removeprefix("ENTRYPOINT"))
    command = ["parse" if word == "build" else word for word in words[1:]]
    command = command[: command.index("--exclude-resource-type")]
    program = f"from dbt.cli.main import dbtRunner; assert dbtRunner().invoke({command!r}).success"
    run_with_only((folder / "requirements.txt").read_text(), program, folder)


def run_with_only(requirements: str, program: str, folder: Path) -> None:
    """Run a program that finds no package beyond those required."""
    installed = set(entries(requirements))
    hidden = sorted(
        top
        for top, owners in packages_distributions().items()
        if not {normalised(owner) for owner in owners} & installed and top not in sys.stdlib_module_names
    )
    blocker = (
        "import sys\n"
        "class Hidden:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.partition('.')[0] in {hidden!r} and not (name + '.').startswith('surveillance.'):\n"
        "            raise ModuleNotFoundError(f'{name} is not installed there', name=name)\n"
        "sys.meta_path.insert(0, Hidden())\n"
        "sys.path.insert(0, '.')\n"
    )
    environment = {
        "AWS_DEFAULT_REGION": "eu-west-1",
        "DATASETS": "[]",
        "DBT_LOG_PATH": "logs",
        "DBT_TARGET_PATH": "target",
        "LAKE_BUCKET": "lake",
        "LEASE_TABLE": "leases",
        "PATH": "/usr/bin:/bin",
        "POWERTOOLS_TRACE_DISABLED": "1",
    }
    command = [sys.executable, "-I", "-c", blocker + program]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


@pytest.mark.extended
def test_every_source_of_a_dockerfile_is_in_its_context(tmp_path: Path) -> None:
    packages = SourcePackages(tmp_path, bundle=False)
    contexts = {packages.image("detect_events"): "Dockerfile", packages.service("ingester"): "ingester/Dockerfile"}
    contexts |= {
        packages.image(name): "Dockerfile" for name in ("collect_dataset", "plan_history", "reconcile_indicators")
    }
    contexts |= {packages.models(): "Dockerfile"}
    for folder, dockerfile in contexts.items():
        for line in (folder / dockerfile).read_text().splitlines():
            words = [word for word in line.split()[1:-1] if not word.startswith("--")]
            if line.startswith("COPY ") and "--from=" not in line:
                assert [word for word in words if not (folder / word).exists()] == [], line


def test_the_same_sources_give_the_same_asset(repository: Path, tmp_path: Path) -> None:
    first, again = (SourcePackages(tmp_path / run, bundle=False, repository=repository) for run in ("one", "two"))
    before = FileSystem.fingerprint(str(first.zip("notify")))
    (repository / "shared/surveillance/unused.py").write_text("CHANGED = True\n")
    assert FileSystem.fingerprint(str(again.zip("notify"))) == before


def test_a_changed_source_gives_another_asset(repository: Path, tmp_path: Path) -> None:
    first, again = (SourcePackages(tmp_path / run, bundle=False, repository=repository) for run in ("one", "two"))
    before = FileSystem.fingerprint(str(first.zip("notify")))
    (repository / "shared/surveillance/errors.py").write_text("CHANGED = True\n")
    assert FileSystem.fingerprint(str(again.zip("notify"))) != before


def test_every_program_is_one_asset(production: Assembly) -> None:
    zips, images, spark, models = 3, 6, 3 + len(["library", "requirements"]), 1
    assert len(list(production.folder.glob("asset.*"))) == zips + images + spark + models


def test_assets_hold_no_caches_and_no_tests(production: Assembly) -> None:
    for path in production.folder.glob("asset.*/**/*"):
        assert path.name not in {"__pycache__", "tests", ".venv"}
        assert path.suffix not in {".pyc", ".nbi", ".nbc"}


def test_the_lock_gives_an_entry_with_its_hashes() -> None:
    lock = "a==1 \\\n    --hash=sha256:01\n    # via b\nB_c[x]==2 \\\n    --hash=sha256:02\n"
    assert locked(["b-c"], lock) == "B_c[x]==2 \\\n    --hash=sha256:02\n"


def test_a_package_that_is_not_locked_is_named() -> None:
    with pytest.raises(NotLockedError, match="does not pin left-pad"):
        locked(["left-pad"], "a==1\n")


def test_manifest_lists_every_stack_once(production: Assembly) -> None:
    manifest = json.loads((production.folder / "manifest.json").read_text())
    stacks = [a["properties"]["stackName"] for a in manifest["artifacts"].values() if a["type"].endswith(":stack")]
    assert sorted(stacks) == sorted(f"surveillance-production-{name}" for name in production.templates)
