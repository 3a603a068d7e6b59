"""The CDK app: `cdk deploy` runs it as a program, tests and the local runtime call `synthesise`."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import infra  # noqa: F401  # points jsii at Node before aws_cdk is imported

# isort: split
from aws_cdk import App, Tags, Validations
from aws_cdk.cx_api import CloudAssembly
from cdk_nag import AwsSolutionsChecks

from infra.configuration import Configuration, ConfigurationError, read
from infra.constructs.locked_requirements import NotLockedError
from infra.constructs.source_package import REPOSITORY, HeavyImportError, MissingSourceError, SourcePackages
from infra.stacks.alerting import Alerting
from infra.stacks.dashboards import Dashboards
from infra.stacks.detection import Detection
from infra.stacks.history import History
from infra.stacks.ingestion import Ingestion
from infra.stacks.observability import Observability
from infra.stacks.review import Review
from infra.stacks.storage import Storage
from infra.stacks.streaming import Streaming

CDK_JSON: Final = Path(__file__).parents[1] / "cdk.json"
UNFIT: Final = (ConfigurationError, MissingSourceError, HeavyImportError, NotLockedError)
"""What is wrong with the deployment or the checkout, said in one sentence."""


def default_context() -> dict[str, Any]:
    """Read the context of cdk.json."""
    context: dict[str, Any] = json.loads(CDK_JSON.read_text(encoding="utf-8"))["context"]
    return context


def synthesise(context: Mapping[str, Any], outdir: Path | None = None, repository: Path = REPOSITORY) -> CloudAssembly:
    """Write the cloud assembly of a deployment; `context` goes before that of cdk.json.

    Needs no credentials, no Docker and, unless it bundles, no network. Raises one of `UNFIT`, or `RuntimeError` if a
    check of cdk-nag fails.
    """
    app = App(
        context={**default_context(), **context, "aws:cdk:disable-stack-trace": True},
        outdir=None if outdir is None else str(outdir),
        analytics_reporting=False,
        tree_metadata=False,
    )
    with TemporaryDirectory(prefix="surveillance-assets-") as folder:
        configuration = read(app.node.try_get_context)
        compose(app, configuration, SourcePackages(Path(folder), bundle=configuration.bundle, repository=repository))
        Validations.of(app).add_plugins(AwsSolutionsChecks(app))
        return app.synth()


def compose(app: App, configuration: Configuration, packages: SourcePackages) -> None:
    """Put the stacks together."""
    storage = Storage(app, "storage", configuration)
    streaming = Streaming(app, "streaming", configuration, storage)
    ingestion = Ingestion(app, "ingestion", configuration, packages, storage, streaming)
    detection = Detection(app, "detection", configuration, packages, storage, streaming)
    alerting = Alerting(app, "alerting", configuration, packages, storage, streaming, ingestion)
    review = Review(app, "review", configuration, packages, storage)
    history = None
    if configuration.history is not None:
        history = History(app, "history", configuration, configuration.history, packages, storage, streaming, ingestion)
        if configuration.dashboards is not None:
            Dashboards(app, "dashboards", configuration, configuration.dashboards, storage, streaming).add_dependency(
                history
            )
    Observability(
        app, "observability", configuration, storage, streaming, ingestion, detection, alerting, review, history
    )
    Tags.of(app).add("product", "surveillance")
    Tags.of(app).add("environment", configuration.environment)


def synthesise_dashboards(principal: str, outdir: Path) -> CloudAssembly:
    """Write the stacks of the dashboards and of what they stand on, to be looked at: no history, no code, no checks."""
    context = {"environment": "laptop", "dashboards": {"authors": [principal]}, "aws:cdk:disable-stack-trace": True}
    app = App(
        context={**default_context(), **context}, outdir=str(outdir), analytics_reporting=False, tree_metadata=False
    )
    configuration = read(app.node.try_get_context)
    storage = Storage(app, "storage", configuration)
    streaming = Streaming(app, "streaming", configuration, storage)
    if configuration.dashboards is not None:
        Dashboards(app, "dashboards", configuration, configuration.dashboards, storage, streaming)
    return app.synth()


def main() -> int:
    """Synthesise as the CDK's command line asks by its environment variables."""
    try:
        synthesise({})
    except UNFIT as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
