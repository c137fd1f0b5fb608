"""Figures as SVG files that are the same for the same content."""

from matplotlib.figure import Figure

from vlagen_bench.utils import svg


def drawn(path, shift=0.0):
    figure = Figure(figsize=(2, 1))
    axes = figure.add_axes((0.1 + shift, 0.1, 0.8, 0.8))
    axes.plot([0, 1], [0, 1])
    svg.save(figure, path)
    return path.read_text(encoding="utf-8")


def test_a_last_bit_of_a_layout_changes_no_name(tmp_path):
    (tmp_path / "again").mkdir()
    first, second = drawn(tmp_path / "a.svg"), drawn(tmp_path / "again" / "a.svg", shift=1e-15)
    assert first == second and 'id="clip-0"' in first and "url(#clip-0)" in first


def test_another_figure_is_another_file(tmp_path):
    assert drawn(tmp_path / "a.svg") != drawn(tmp_path / "b.svg", shift=0.05)


def test_lines_do_not_end_with_spaces():
    assert svg.steady("<a> \n <b>\t\n") == "<a>\n <b>\n"
