"""Small charts: what is drawn where."""

from holdfast.ui.line_charts import HEIGHT, MOST_POINTS, WIDTH, line_path, thinned


def spots(path: str) -> list[tuple[float, float]]:
    return [tuple(map(float, spot.split())) for spot in path.strip("MZ").split("L")]


def test_the_line_goes_from_edge_to_edge_and_up_is_more():
    line, area = line_path([(1000, 0), (2000, 5), (3000, 10)], 10)
    drawn = spots(line)
    assert [x for x, _ in drawn] == [0, WIDTH / 2, WIDTH]
    assert drawn[0][1] == HEIGHT > drawn[1][1] > drawn[2][1] >= 0
    assert spots(area)[-2:] == [(WIDTH, HEIGHT), (0, HEIGHT)]


def test_one_point_is_a_level_line():
    line, _ = line_path([(1000, 5)], 10)
    (left, height), (right, same) = spots(line)
    assert (left, right) == (0, WIDTH)
    assert height == same


def test_values_above_the_top_stay_inside():
    assert all(0 <= y <= HEIGHT for _, y in spots(line_path([(0, 1), (1, 99)], 10)[0]))
    assert spots(line_path([(0, 0), (1, 0)], 0)[0]) == [(0, HEIGHT), (WIDTH, HEIGHT)]


def test_many_points_keep_their_peak():
    points = [(float(n), 1.0) for n in range(10_000)]
    points[4321] = (4321.0, 77.0)
    few = thinned(points)
    assert len(few) <= MOST_POINTS
    assert (4321.0, 77.0) in few
