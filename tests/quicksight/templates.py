"""A template as the dashboards stack has it, without a synthesis; that both are equal is proved beside the stack."""

from typing import Any

from quicksight.resources import Place, resources

PLACE = Place(
    prefix="surveillance-laptop",
    marts="surveillance_laptop_marts",
    raw="surveillance_laptop",
    work_group="surveillance-laptop-analysts",
    role_arn="arn:aws:iam::111122223333:role/queries",
    account="111122223333",
    authors=["arn:aws:quicksight:eu-west-1:111122223333:group/default/analysts"],
)


def template() -> dict[str, Any]:
    """Make it."""
    outputs = {"MartsDatabase": {"Value": PLACE.marts}, "RawDatabase": {"Value": PLACE.raw}}
    return {"Resources": resources(PLACE), "Outputs": outputs}
