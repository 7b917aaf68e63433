from holdfast.ui.point_plots import HEIGHT, MOST_POINTS, WIDTH, plot_of


def test_points_fill_the_plot_with_one_measure_for_both_directions():
    plot = plot_of([[0.0, 0.0], [10.0, 0.0], [5.0, 2.0, 9.0]], ["left", "right"])
    places = {point.label: (float(point.x), float(point.y)) for point in plot.points}
    assert places["left"] == (16, HEIGHT / 2 + 36.8)
    assert places["right"] == (WIDTH - 16, HEIGHT / 2 + 36.8)
    assert places["3"] == (WIDTH / 2, HEIGHT / 2 - 36.8)


def test_points_in_one_place_lie_in_the_middle():
    plot = plot_of([[3.0, 3.0]] * 2, [])
    assert {(point.x, point.y) for point in plot.points} == {("200.0", "150.0")}


def test_one_direction_is_no_plane():
    assert plot_of([[1.0], [2.0]], []) is None
    assert plot_of([], []) is None


def test_there_are_never_too_many_points():
    plot = plot_of([[float(number), 0.0] for number in range(MOST_POINTS + 1)], [])
    assert len(plot.points) == MOST_POINTS
    assert plot.note
