from __future__ import annotations

from figures.parts.points import MOST_POINTS, Point, Reference, in_words, reference_name


def point(label: str, series: str, value: float, reach: float | None = None) -> Point:
    lower, upper = (None, None) if reach is None else (value - reach, value + reach)
    return Point(label, series, value, lower, upper, {}, "made up", "made up", f"{value:.2f}")


def test_few_points_are_said_one_by_one_and_stated_numbers_after_them() -> None:
    said = in_words([point("fresh", "probe", 0.5, 0.1), point("fit", "fit", 0.75)], [point("area", "probe", 0.25)])
    assert said == ["fresh, probe: 0.50 [0.40, 0.60]", "fit: 0.75", "area, probe: 0.25"]


def test_many_points_are_said_as_the_range_of_each_series() -> None:
    many = [point(f"layer {i}", "probe", i / 10) for i in range(MOST_POINTS + 1)]
    assert in_words(many) == ["probe: 9 points from 0.00 (layer 0) to 0.80 (layer 8)"]
    assert len(in_words(many[:-1])) == MOST_POINTS


def test_a_line_is_named_with_its_value_only_where_all_panels_share_it() -> None:
    same, other = Reference("bound", 0.6), Reference("bound", 0.7)
    assert reference_name([(same,), (same,)], 0) == "bound 0.60"
    assert reference_name([(same,), (other,)], 0) == "bound"
    assert reference_name([(Reference("no change", 0.0),)], 0) == "no change"
