"""From a cloud assembly (`cdk.out`) to stacks in the emulator: bootstrap, assets, each template in manifest order."""

import io
import json
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from local.clients import client
from local.emulator import ACCOUNT, REGION
from local.templates import Asset, Context, Template, transform

QUALIFIER = "hnb659fds"
ASSET_BUCKET = f"cdk-{QUALIFIER}-assets-{ACCOUNT}-{REGION}"
BOOTSTRAP_VERSION = "30"
DEPLOY_SECONDS = 120.0
NOTHING_TO_UPDATE = "No updates are to be performed"


class DeploymentError(RuntimeError):
    """A stack could not be deployed; the message names the resource and the reason."""


class StackTemplate(msgspec.Struct, frozen=True):
    """One stack of an assembly and its assets by hash."""

    name: str
    template: Template
    assets: dict[str, Asset]
    files: dict[str, Path]
    """Assets that are one file each, by the key they are put under."""


class Deployed(msgspec.Struct):
    """What stands after deploying: the stacks, their outputs, the assets by hash, and what was left out and why."""

    stacks: list[str]
    outputs: dict[str, dict[str, str]]
    assets: dict[str, Asset]
    left_out: dict[str, str]


def read_assembly(folder: Path) -> list[StackTemplate]:
    """Read the stacks of an assembly, dependencies first; raises `DeploymentError` if there is none."""
    manifest = json.loads((folder / "manifest.json").read_text())["artifacts"]
    names = [name for name, artifact in manifest.items() if artifact["type"] == "aws:cloudformation:stack"]
    if not names:
        raise DeploymentError(f"{folder} holds no stack")
    return [_stack(folder, name, manifest) for name in _ordered(names, manifest)]


def _ordered(names: list[str], manifest: dict[str, Any]) -> Iterator[str]:
    done: set[str] = set()

    def visit(name: str) -> Iterator[str]:
        if name in done:
            return
        done.add(name)
        for other in manifest[name].get("dependencies", []):
            if other in names:
                yield from visit(other)
        yield name

    for name in names:
        yield from visit(name)


def _stack(folder: Path, name: str, manifest: dict[str, Any]) -> StackTemplate:
    properties = manifest[name]["properties"]
    template = json.loads((folder / properties["templateFile"]).read_text())
    assets: dict[str, Asset] = {}
    files: dict[str, Path] = {}
    for other in manifest[name].get("dependencies", []):
        if manifest[other]["type"] == "cdk:asset-manifest":
            listed = json.loads((folder / manifest[other]["properties"]["file"]).read_text())
            assets |= _assets(folder, listed)
            files |= _files(folder, listed)
    return StackTemplate(properties.get("stackName", name), template, assets, files)


def _files(folder: Path, manifest: dict[str, Any]) -> dict[str, Path]:
    """List the assets that are one file; templates are handed over, not uploaded."""
    return {
        place["objectKey"]: folder / entry["source"]["path"]
        for entry in manifest.get("files", {}).values()
        if entry["source"].get("packaging") == "file" and not entry["source"]["path"].endswith(".template.json")
        for place in entry.get("destinations", {}).values()
    }


def _assets(folder: Path, manifest: dict[str, Any]) -> dict[str, Asset]:
    found: dict[str, Asset] = {}
    for digest, entry in manifest.get("files", {}).items():
        if entry["source"].get("packaging") == "zip":
            found[digest] = Asset(digest, str((folder / entry["source"]["path"]).resolve()))
    for digest, entry in manifest.get("dockerImages", {}).items():
        source = entry["source"]
        context = (folder / source["directory"]).resolve()
        dockerfile = context / source.get("dockerFile", "Dockerfile")
        found[digest] = Asset(digest, str(context), _words(dockerfile, "CMD"), _words(dockerfile, "ENTRYPOINT"))
    return found


def _words(dockerfile: Path, instruction: str) -> tuple[str, ...]:
    """Give the words of a Dockerfile's last CMD or ENTRYPOINT, if it is in exec form."""
    words: list[str] = []
    for line in dockerfile.read_text().splitlines() if dockerfile.exists() else []:
        if line.startswith(f"{instruction} ["):
            words = json.loads(line.removeprefix(instruction))
    return tuple(words)


def deploy(assembly: Path, endpoint: str) -> Deployed:
    """Create or update every stack; raises `DeploymentError` at the first that fails."""
    stacks = read_assembly(assembly)
    _bootstrap(endpoint)
    s3, cloudformation = client("s3", endpoint), client("cloudformation", endpoint)
    deployed = Deployed([], {}, {}, {})
    for stack in stacks:
        for asset in stack.assets.values():
            if asset.name not in deployed.assets:
                s3.put_object(Bucket=ASSET_BUCKET, Key=f"{asset.name}.zip", Body=_zipped(Path(asset.folder)))
                deployed.assets[asset.name] = asset
        for key, path in stack.files.items():
            s3.put_object(Bucket=ASSET_BUCKET, Key=key, Body=path.read_bytes())
        changed = transform(stack.template, Context(stack.name, stack.assets, ASSET_BUCKET))
        key = f"{stack.name}.template.json"
        s3.put_object(Bucket=ASSET_BUCKET, Key=key, Body=json.dumps(changed.template).encode())
        deployed.outputs[stack.name] = _apply(cloudformation, stack.name, f"{endpoint}/{ASSET_BUCKET}/{key}")
        deployed.stacks.append(stack.name)
        deployed.left_out |= {f"{stack.name}/{name}": reason for name, reason in changed.left_out.items()}
    return deployed


def _bootstrap(endpoint: str) -> None:
    client("ssm", endpoint).put_parameter(
        Name=f"/cdk-bootstrap/{QUALIFIER}/version", Value=BOOTSTRAP_VERSION, Type="String", Overwrite=True
    )
    s3 = client("s3", endpoint)
    if ASSET_BUCKET not in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}:
        s3.create_bucket(Bucket=ASSET_BUCKET)


def _zipped(folder: Path) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                archive.write(path, path.relative_to(folder))
    return packed.getvalue()


def _apply(cloudformation: Any, name: str, template_url: str) -> dict[str, str]:
    """Create or update a stack; large templates are taken from S3 only, as on AWS."""
    arguments = {
        "StackName": name,
        "TemplateURL": template_url,
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
    }
    try:
        if _described(cloudformation, name) is None:
            cloudformation.create_stack(**arguments)
        else:
            cloudformation.update_stack(**arguments)
    except ClientError as error:
        if NOTHING_TO_UPDATE not in str(error):
            raise DeploymentError(f"stack {name}: {error}") from error
    return _finished(cloudformation, name)


def _finished(cloudformation: Any, name: str) -> dict[str, str]:
    deadline = time.monotonic() + DEPLOY_SECONDS
    while time.monotonic() < deadline:
        stack = _described(cloudformation, name)
        status = stack["StackStatus"] if stack else "missing"
        if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            return {output["OutputKey"]: output["OutputValue"] for output in (stack or {}).get("Outputs", [])}
        if not status.endswith("IN_PROGRESS"):
            raise DeploymentError(f"stack {name} is {status}: {_reason(cloudformation, name)}")
        time.sleep(0.05)
    raise DeploymentError(f"stack {name} was not deployed within {DEPLOY_SECONDS:g} s")


def _described(cloudformation: Any, name: str) -> Any:
    try:
        return cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError:
        return None


def _reason(cloudformation: Any, name: str) -> str:
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"].endswith("FAILED")]
    return "; ".join(
        f"{event['LogicalResourceId']} ({event['ResourceType']}): {event.get('ResourceStatusReason', '')}"
        for event in failed
    )
