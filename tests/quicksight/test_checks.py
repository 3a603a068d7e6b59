"""Promise: a definition that names what there is not is refused by a sentence that names it; ours are right."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from quicksight.checks import faults, unknown_keys
from quicksight.contracts import DATA_SETS, FOLDER, FRESH_ALERTS, DefinitionError
from quicksight.dashboards import dashboards
from quicksight.fields import by, mean, most

DEFINITIONS = {each.name: each.definition(lambda name: f"arn:{name}") for each in dashboards("prefix")}
Definition = dict[str, Any]


@pytest.mark.parametrize("name", DEFINITIONS)
def test_our_dashboard_names_only_what_there_is(name: str) -> None:
    assert faults(name, DEFINITIONS[name]) == []


@pytest.mark.parametrize("name", DEFINITIONS)
def test_our_dashboard_has_only_keys_of_the_service(name: str) -> None:
    assert unknown_keys(name, DEFINITIONS[name]) == []


def triage() -> Definition:
    return copy.deepcopy(DEFINITIONS["alert-triage"])


def visual(definition: Definition, name: str) -> Definition:
    for sheet in definition["Sheets"]:
        for each in sheet["Visuals"]:
            ((_, body),) = each.items()
            if body["VisualId"] == name:
                found: Definition = body
                return found
    raise AssertionError(name)


def category(definition: Definition) -> Definition:
    wells = visual(definition, "by-rule")["ChartConfiguration"]["FieldWells"]["BarChartAggregatedFieldWells"]
    found: Definition = wells["Category"][0]
    return found


def unknown_column(definition: Definition) -> None:
    category(definition)["CategoricalDimensionField"]["Column"]["ColumnName"] = "rul"


def wrong_type(definition: Definition) -> None:
    category(definition)["CategoricalDimensionField"]["Column"]["ColumnName"] = "score"


def undeclared_data_set(definition: Definition) -> None:
    definition["DataSetIdentifierDeclarations"] = definition["DataSetIdentifierDeclarations"][1:]


def unheard_data_set(definition: Definition) -> None:
    definition["DataSetIdentifierDeclarations"].append({"Identifier": "gossip", "DataSetArn": "arn:gossip"})


def unknown_field(definition: Definition) -> None:
    sort = visual(definition, "by-rule")["ChartConfiguration"]["SortConfiguration"]
    sort["CategorySort"][0]["FieldSort"]["FieldId"] = "by-rule.nothing"


def undeclared_parameter(definition: Definition) -> None:
    definition["ParameterDeclarations"] = []


def filter_for_no_visual(definition: Definition) -> None:
    (group,) = (each for each in definition["FilterGroups"] if each["FilterGroupId"] == "only-open-group")
    scope = group["ScopeConfiguration"]["SelectedSheets"]["SheetVisualScopingConfigurations"][0]
    scope["VisualIds"].append("by-mood")


def foreign_colour(definition: Definition) -> None:
    option = visual(definition, "open-queue")["ConditionalFormatting"]["ConditionalFormattingOptions"][0]
    option["Cell"]["TextFormat"]["TextColor"]["Solid"]["Color"] = "#123456"


def condition_on_nothing(definition: Definition) -> None:
    option = visual(definition, "open-queue")["ConditionalFormatting"]["ConditionalFormattingOptions"][0]
    option["Cell"]["TextFormat"]["TextColor"]["Solid"]["Expression"] = "{gravity} = 'critical'"


def sheet_that_is_not(definition: Definition) -> None:
    operations = visual(definition, "open-queue")["Actions"][0]["ActionOperations"]
    operations[0]["NavigationOperation"]["LocalNavigationConfiguration"]["TargetSheetId"] = "attic"


def visual_without_place(definition: Definition) -> None:
    definition["Sheets"][0]["Layouts"][0]["Configuration"]["GridLayout"]["Elements"].pop()


@pytest.mark.parametrize(
    ("breaks", "names"),
    [
        (unknown_column, "visual by-rule names column rul, which data set fresh_alerts does not have"),
        (wrong_type, "visual by-rule takes fresh_alerts.score as CategoricalDimensionField, but it is DECIMAL"),
        (undeclared_data_set, "visual by-rule names data set fresh_alerts, which is not declared"),
        (unheard_data_set, "data set gossip is declared, but contracts.py has none of that name"),
        (unknown_field, "visual by-rule names field by-rule.nothing, which is in none of its field wells"),
        (undeclared_parameter, "filter this-alert-group follows parameter AlertId, which is not declared"),
        (filter_for_no_visual, "filter only-open-group is for visual by-mood, which is not on sheet open-alerts"),
        (foreign_colour, "visual open-queue has the colour #123456, which is not of the theme"),
        (condition_on_nothing, "{gravity} = 'critical', but no data set of it has a column gravity"),
        (sheet_that_is_not, "visual open-queue goes to sheet attic, which there is not"),
        (visual_without_place, "sheet open-alerts has open-queue, which it does not lay out"),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_broken_definition_is_named(breaks: Callable[[Definition], None], names: str) -> None:
    definition = triage()
    breaks(definition)
    assert any(names in found for found in faults("alert-triage", definition))


def test_unknown_key_is_named() -> None:
    definition = triage()
    visual(definition, "by-rule")["ChartConfiguration"]["Colour"] = "red"
    (found,) = unknown_keys("alert-triage", definition)
    assert found.startswith("alert-triage: Definition.Sheets[0].Visuals")
    assert found.endswith("BarChartVisual.ChartConfiguration has no key Colour.")


def test_candle_of_a_column_beyond_its_wells_is_named() -> None:
    definition = copy.deepcopy(DEFINITIONS["instrument"])
    (option,) = visual(definition, "candles")["ChartConfiguration"]["VisualOptions"]["VisualProperties"]
    code = json.loads(option["Value"])
    code["series"][2]["data"] = ["getColumnFromValue", 99]
    option["Value"] = json.dumps(code)
    (found,) = faults("instrument", definition)
    assert found == "instrument: visual candles calls getColumnFromValue 99, but there are 12."


def test_field_of_an_unknown_column_is_refused_where_it_is_made() -> None:
    with pytest.raises(DefinitionError, match="fresh_alerts has no column mood; it has alert_id"):
        by(FRESH_ALERTS, "mood", "Mood").written("visual")


def test_mean_of_a_text_is_refused_where_it_is_made() -> None:
    with pytest.raises(DefinitionError, match=r"AVERAGE of fresh_alerts.rule, which is STRING"):
        mean(FRESH_ALERTS, "rule", "Rule").written("visual")


def test_time_format_of_a_number_is_refused_where_it_is_made() -> None:
    with pytest.raises(DefinitionError, match="is a format of times"):
        most(FRESH_ALERTS, "score", "Score", "yyyy-MM-dd").written("visual")


def test_each_query_belongs_to_a_data_set_and_is_whole() -> None:
    assert {path.stem for path in FOLDER.glob("*.sql")} == {data.name for data in DATA_SETS}
    for data in DATA_SETS:
        text = data.sql("marts", "raw")
        assert "{" not in text, data.name
        for parameter in data.parameters:
            assert f"<<${parameter.name}>>" in text, (data.name, parameter.name)
        assert text.count("<<$") == sum(text.count(f"<<${each.name}>>") for each in data.parameters), data.name
        assert data.mode == "DIRECT_QUERY" or not data.parameters, data.name
