"""Folders that become Lambda zips and container images, built by copying sources; the asset's hash is the content's."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from infra.constructs.locked_requirements import locked, names
from infra.constructs.source_closure import follow

REPOSITORY: Final = Path(__file__).parents[2]
ZIP_IMPORTS: Final = frozenset({"aws_lambda_powertools", "boto3", "botocore", "msgspec"})
"""What a zip may import: boto3 comes with the runtime, the rest stands in each function's requirements.txt."""

PYTHON_VERSION: Final = "3.13"
PLATFORM: Final = "manylinux2014_x86_64"
SHIPPED_PARAMETERS: Final = ("parameters", "default.toml")
MODEL_SUFFIXES: Final = frozenset({".sql", ".yml", ".csv"})
MODEL_PLACES: Final = frozenset({"dbt_project.yml", "profiles.yml", "macros", "models", "snapshots", "tests"})
IMAGE_FILES: Final = Path(__file__).parents[1] / "images"


class MissingSourceError(FileNotFoundError):
    """A folder that the app deploys is not there."""


class HeavyImportError(ImportError):
    """A function meant to be a small zip imports something a small zip has not."""


class SourcePackages:
    """Build package folders below `folder`, which must outlive synthesis.

    With `bundle` the dependencies are installed for Lambda's platform, which needs the network; without it a zip holds
    our sources only: fit for tests and for one machine, not for AWS.
    """

    def __init__(self, folder: Path, *, bundle: bool, repository: Path = REPOSITORY) -> None:
        self._folder = folder
        self._bundle = bundle
        self._repository = repository
        self._library = repository / "shared"

    def zip(self, function: str) -> Path:
        """Lay out a zip function: `handler.py`, what it imports of ours, and, bundled, its dependencies."""
        source = self._existing("lambdas", function, "handler.py").parent
        target = self._folder / function
        foreign = self._lay_out(target, source)
        heavy = sorted(foreign - ZIP_IMPORTS - sys.stdlib_module_names)
        if heavy:
            raise HeavyImportError(f"lambdas/{function} is deployed as a small zip but imports {', '.join(heavy)}")
        if self._bundle:
            _install(self._locked_for("lambdas", function, "requirements.txt"), target)
        return target

    def image(self, function: str) -> Path:
        """Lay out the build context of an image function: `handler.py` and the library beside a Dockerfile.

        Functions share `lambdas/Dockerfile` unless they have one of their own.
        """
        source = self._existing("lambdas", function, "handler.py").parent
        target = self._folder / function
        self._lay_out(target, source, IMAGE_FILES / function)
        requirements = self._locked_for("lambdas", function, "requirements.txt")
        (target / "requirements.txt").write_text(requirements, encoding="utf-8")
        own = source / "Dockerfile"
        _copy(own if own.is_file() else self._existing("lambdas", "Dockerfile"), target / "Dockerfile")
        _copy(self._existing(*SHIPPED_PARAMETERS), target.joinpath(*SHIPPED_PARAMETERS))
        for path in sorted((IMAGE_FILES / function).glob("*")):
            _copy(path, target / path.name)
        return target

    def service(self, package: str) -> Path:
        """Lay out the build context of a service as this repository is laid out, with only what the service imports."""
        source = self._existing(package, "__main__.py").parent
        self._existing(package, "Dockerfile")
        target = self._folder / package
        closure = follow(sorted(source.rglob("*.py")), {"surveillance": self._library, package: self._repository})
        for path, origin in closure.files.items():
            _copy(origin, target / ("shared" if path.parts[0] == "surveillance" else "") / path)
        for origin in sorted(source.rglob("*")):
            if origin.is_file() and "__pycache__" not in origin.parts:
                _copy(origin, target / origin.relative_to(self._repository))
        requirements = self._locked_for(package, "requirements.txt")
        (target / package / "requirements.txt").write_text(requirements, encoding="utf-8")
        return target

    def job_script(self, job: str) -> Path:
        """Give the script of a Spark job."""
        return self._existing("glue_jobs", f"{job}.py")

    def job_library(self) -> Path:
        """Lay out what the Spark jobs import of ours, for `--extra-py-files`."""
        target = self._folder / "glue_jobs" / "library"
        scripts = sorted(self._existing("glue_jobs", "requirements.txt").parent.glob("*.py"))
        for path, origin in follow(scripts, {"surveillance": self._library}).files.items():
            _copy(origin, target / path)
        return target

    def job_requirements(self) -> Path:
        """Write what the Spark jobs install when they start, pinned and hashed."""
        target = self._folder / "glue_jobs" / "requirements.txt"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(self._locked_for("glue_jobs", "requirements.txt"), encoding="utf-8")
        return target

    def models(self) -> Path:
        """Lay out the build context of the dbt task: the project beside the Dockerfile."""
        source = self._existing("athena", "Dockerfile").parent
        target = self._folder / "athena"
        for origin in sorted(source.rglob("*")):
            place = origin.relative_to(source)
            if origin.suffix in MODEL_SUFFIXES and place.parts[0] in MODEL_PLACES:
                _copy(origin, target / "athena" / place)
        _copy(source / "Dockerfile", target / "Dockerfile")
        requirements = self._locked_for("athena", "requirements.txt")
        (target / "requirements.txt").write_text(requirements, encoding="utf-8")
        return target

    def _existing(self, *parts: str) -> Path:
        path = self._repository.joinpath(*parts)
        if not path.is_file():
            raise MissingSourceError(f"{'/'.join(parts)} is missing: the app can't be synthesised without it.")
        return path

    def _locked_for(self, *requirements: str) -> str:
        wanted = names(self._existing(*requirements).read_text(encoding="utf-8"))
        return locked(wanted, self._existing("requirements.lock").read_text(encoding="utf-8"))

    def _lay_out(self, target: Path, *sources: Path) -> frozenset[str]:
        own = [path for source in sources for path in sorted(source.glob("*.py"))]
        closure = follow(own, {"surveillance": self._library})
        for origin in own:
            _copy(origin, target / origin.name)
        for path, origin in closure.files.items():
            _copy(origin, target / path)
        return closure.foreign - {origin.stem for origin in own}


def _copy(origin: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(origin, target)


def _install(pinned: str, target: Path) -> None:
    requirements = target / "requirements.txt"
    requirements.write_text(pinned, encoding="utf-8")
    options = ["--no-deps", "--require-hashes", "--only-binary=:all:", "--no-compile", "--disable-pip-version-check"]
    subprocess.run(  # noqa: S603
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", *options),
            *("--implementation", "cp", "--python-version", PYTHON_VERSION, "--platform", PLATFORM),
            *("--target", str(target), "--requirement", str(requirements)),
        ],
        check=True,
    )
    shutil.rmtree(target / "bin", ignore_errors=True)  # scripts name this machine's Python
