"""The cloud assembly of our app, synthesised in a process of its own and kept until a source or the context changes."""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from local.emulator import REPOSITORY
from local.lifeline import module_command

CODE = ("infra", "lambdas", "ingester", "shared", "glue_jobs", "athena")
SOURCES = (*CODE, "parameters", "cdk.json", "requirements.lock")
KEPT_ASSEMBLIES = 4
SYNTHESIS_SECONDS = 180


class SynthesisError(RuntimeError):
    """The app could not be synthesised; the message ends with what it said."""


def assembly(cache: Path, context: Mapping[str, object]) -> Path:
    """Give the folder of the assembly for a context, from the cache if sources and context are the same as before."""
    folder = cache / _digest(context)
    if not (folder / "manifest.json").exists():
        draft = folder.with_name(f"{folder.name}.{os.getpid()}")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        _synthesise(draft, context)
        shutil.rmtree(folder, ignore_errors=True)
        draft.rename(folder)
    folder.touch()
    _forget_old(cache)
    return folder


def _synthesise(folder: Path, context: Mapping[str, object]) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "shared")])}
    done = subprocess.run(  # noqa: S603
        module_command("local.synthesise", str(folder), json.dumps(dict(context))),
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        env=environment,
        timeout=SYNTHESIS_SECONDS,
        check=False,
    )
    if done.returncode:
        raise SynthesisError(f"the CDK app could not be synthesised:\n{done.stderr[-3000:]}")


def _digest(context: Mapping[str, object]) -> str:
    digest = hashlib.blake2b(digest_size=10)
    digest.update(json.dumps(dict(context), sort_keys=True, default=str).encode())
    digest.update(version("aws-cdk-lib").encode())
    for path in sorted(_sources()):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(REPOSITORY)}:{len(content)}:".encode() + content)
    return digest.hexdigest()


def _sources() -> list[Path]:
    found: list[Path] = []
    for name in SOURCES:
        path = REPOSITORY / name
        if path.is_file():
            found.append(path)
        elif path.is_dir():
            found += [p for p in path.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    return found


def _forget_old(cache: Path) -> None:
    folders = sorted((p for p in cache.iterdir() if p.is_dir()), key=lambda p: p.stat().st_mtime, reverse=True)
    for folder in folders[KEPT_ASSEMBLIES:]:
        shutil.rmtree(folder, ignore_errors=True)
