"""The dbt task as a process here: the deployed image's command over the lake's files, DuckDB in Athena's place."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from surveillance.adapters.history import HistoryLake
from surveillance.adapters.history_catalogue import declare_tables

from local.clients import client
from local.emulator import process_environment
from local.lake_copy import LakeCopy
from local.spark_player import run_process
from local.templates import Asset


class ModelsPlayer:
    """Builds and tests the marts in `database`, a DuckDB file."""

    def __init__(self, endpoint: str, assets: Mapping[str, Asset], lake: LakeCopy, scratch: Path) -> None:
        self._endpoint, self._assets, self._lake, self._scratch = endpoint, assets, lake, scratch
        self.database = scratch / "marts.duckdb"

    def __call__(self, parameters: Mapping[str, Any]) -> Any:
        """Run dbt as the task's override says; gives the count of nodes by status. Raises `StepError`."""
        self._lake.fetch()
        declare_tables(HistoryLake(self._lake.folder / "history"), self.database)
        image = self._image(parameters["TaskDefinition"])
        (override,) = parameters["Overrides"]["ContainerOverrides"]
        words = [*image.entrypoint[1:], *override["Command"]]
        words[words.index("--target") + 1] = "local"
        environment = process_environment(self._endpoint, self._scratch / "tmp") | {
            "DBT_TARGET_PATH": str(self._scratch / "target"),
            "DBT_LOG_PATH": str(self._scratch / "logs"),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "HISTORY_DATABASE": str(self.database),
        }
        run_process([sys.executable, "-m", "dbt.cli.main", *words], environment, Path(image.folder))
        results = json.loads((self._scratch / "target" / "run_results.json").read_text())["results"]
        statuses = [result["status"] for result in results]
        return {status: statuses.count(status) for status in sorted(set(statuses))}

    def _image(self, definition: str) -> Asset:
        described = client("ecs", self._endpoint).describe_task_definition(taskDefinition=definition)
        (container,) = described["taskDefinition"]["containerDefinitions"]
        return self._assets[container["image"].rpartition(":")[2]]
