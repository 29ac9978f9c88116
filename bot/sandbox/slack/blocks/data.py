"""Tables and charts: `table`, `data_table`, `data_visualization`."""

from collections.abc import Iterator

from bot.sandbox.slack.blocks.objects import BLOCK_ID
from bot.sandbox.slack.blocks.rich_text import RICH_TEXT
from bot.sandbox.slack.blocks.schema import Flag, Many, Number, Problem, Record, Spec, String, Typed, typed
from bot.sandbox.slack.blocks.texts import characters
from bot.sandbox.slack.wire import Json

TABLE_CHARACTERS = 10_000
DATA_TABLE_CHARACTERS = 20_000

_CELLS: dict[str, Spec] = {
    "raw_text": typed("raw_text", {"text": String()}, {}),
    "raw_number": typed("raw_number", {"value": Number(whole=False), "text": String()}, {}),
    "rich_text": RICH_TEXT,
}
_CELL = Typed(lambda: _CELLS)
_COLUMN = Record({}, {"align": String(choices=frozenset({"left", "center", "right"})), "is_wrapped": Flag()})


def _equal_rows(value: Json, at: str) -> Iterator[Problem]:
    widths = {len(row) for row in value["rows"]}
    if len(widths) > 1:
        yield Problem(f"{at}/rows", "all rows must have the same number of cells", "row_length")


def _plain_header(value: Json, at: str) -> Iterator[Problem]:
    for index, cell in enumerate(value["rows"][0]):
        if cell["type"] == "rich_text":
            yield Problem(f"{at}/rows/0/{index}", "header cells must not be rich_text", "header_cell")


def _row_header_exists(value: Json, at: str) -> Iterator[Problem]:
    if value.get("row_header_column_index", 0) >= len(value["rows"][0]):
        yield Problem(f"{at}/row_header_column_index", "must be the index of a column", "maximum")


def _within(most: int) -> "_Within":
    return _Within(most)


class _Within:
    """A rule: the cells of one table hold no more than so many characters."""

    def __init__(self, most: int) -> None:
        self._most = most

    def __call__(self, value: Json, at: str) -> Iterator[Problem]:
        if characters(value["rows"]) > self._most:
            yield Problem(f"{at}/rows", f"must be less than {self._most + 1} characters", "max_length")


TABLE = typed(
    "table",
    {"rows": Many(Many(_CELL, 20), 100)},
    {"column_settings": Many(_COLUMN, 20), "block_id": BLOCK_ID},
    _within(TABLE_CHARACTERS),
)
DATA_TABLE = typed(
    "data_table",
    {"caption": String(), "rows": Many(Many(_CELL, 20), 201, least=2)},
    {"page_size": Number(1, 100), "row_header_column_index": Number(0, 19), "block_id": BLOCK_ID},
    _equal_rows,
    _plain_header,
    _row_header_exists,
    _within(DATA_TABLE_CHARACTERS),
)


def _points_match(value: Json, at: str) -> Iterator[Problem]:
    categories = value["axis_config"]["categories"]
    names = [series["name"] for series in value["series"]]
    if len(set(names)) != len(names):
        yield Problem(f"{at}/series", "series names must be unique", "unique")
    for index, series in enumerate(value["series"]):
        if sorted(point["label"] for point in series["data"]) != sorted(categories):
            yield Problem(f"{at}/series/{index}/data", "must have exactly one point per category", "categories")


def _positive(value: Json, at: str) -> Iterator[Problem]:
    for index, segment in enumerate(value["segments"]):
        if segment["value"] <= 0:
            yield Problem(f"{at}/segments/{index}/value", "must be greater than 0", "minimum")


_POINT = Record({"label": String(20), "value": Number(whole=False)})
_AXES = Record({"categories": Many(String(20), 20)}, {"x_label": String(50), "y_label": String(50)})
_SERIES: dict[str, Spec] = {
    "series": Many(Record({"name": String(20), "data": Many(_POINT, 20)}), 12),
    "axis_config": _AXES,
}
_CHARTS: dict[str, Spec] = {
    "pie": typed("pie", {"segments": Many(_POINT, 12)}, {}, _positive),
    "bar": typed("bar", _SERIES, {}, _points_match),
    "line": typed("line", _SERIES, {}, _points_match),
    "area": typed("area", _SERIES, {}, _points_match),
}
DATA_VISUALIZATION = typed(
    "data_visualization",
    {"title": String(50), "chart": Typed(lambda: _CHARTS)},
    {"block_id": BLOCK_ID},
)
