"""Compile the project for Athena without AWS: a stand-in answers Glue, so that both kinds of SQL come out.

`first` is what a database without our tables gets, `increment` what one gets that has them. Writes
`<folder>/{first,increment}/**/*.sql`; with `first` also the queries of QuickSight's data sets, their parameters filled.
"""

import os
import shutil
import sys
from pathlib import Path
from typing import Any

import boto3
from dbt.cli.main import dbtRunner
from moto import mock_aws

from quicksight.contracts import DATA_SETS

PROJECT = Path(__file__).resolve().parents[1]
DATABASE = "history"
CHANGED_FROM = "2024-02"


def compile_into(folder: Path, database: str = DATABASE, changed_from: str = CHANGED_FROM) -> None:
    """Compile twice; exits with dbt's message where a model does not compile."""
    os.environ.update(
        AWS_ACCESS_KEY_ID="stub",
        AWS_SECRET_ACCESS_KEY="stub",  # noqa: S106 - the stand-in takes any
        AWS_REGION="eu-central-1",
        AWS_DEFAULT_REGION="eu-central-1",
    )
    os.environ.update(ATHENA_DATABASE=database, HISTORY_RAW_DATABASE=database, DBT_SEND_ANONYMOUS_USAGE_STATS="false")
    with mock_aws():
        glue = boto3.client("glue")
        glue.create_database(DatabaseInput={"Name": database})
        models = _compiled(folder, "first", [])
        for model in models:
            glue.create_table(
                DatabaseName=database,
                TableInput={
                    "Name": model,
                    "TableType": "EXTERNAL_TABLE",
                    "Parameters": {"table_type": "HIVE"},
                    "StorageDescriptor": {
                        "Columns": [{"Name": "month", "Type": "string"}],
                        "Location": f"s3://unset/{model}",
                    },
                },
            )
        _write_data_sets(folder / "first" / "quicksight", database)
        _compiled(folder, "increment", ["--vars", f"{{changed_from: '{changed_from}'}}"])


def _write_data_sets(folder: Path, database: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for data in DATA_SETS:
        text = data.sql(database, database)
        for parameter in data.parameters:
            told = f"'{parameter.default}'" if isinstance(parameter.default, str) else str(parameter.default)
            text = text.replace(f"<<${parameter.name}>>", told)
        (folder / f"{data.name}.sql").write_text(text, encoding="utf-8")


def _compiled(folder: Path, kind: str, arguments: list[str]) -> list[str]:
    target = folder / "target"
    shutil.rmtree(target / "compiled", ignore_errors=True)
    outcome: Any = dbtRunner().invoke(
        [
            *("--quiet", "--no-use-colors", "compile", "--target", "athena", "--no-introspect"),
            *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
            *("--target-path", str(target), "--log-path", str(folder / "logs")),
            *arguments,
        ]
    )
    if not outcome.success:
        sys.exit(f"dbt could not compile for Athena: {outcome.exception or ''}")
    shutil.rmtree(folder / kind, ignore_errors=True)
    shutil.copytree(target / "compiled", folder / kind)
    return sorted(each.node.name for each in outcome.result if each.node.resource_type == "model")


if __name__ == "__main__":
    compile_into(Path(sys.argv[1]).resolve())
