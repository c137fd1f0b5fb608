"""Pages that commands write say who made them, and write over no other."""

import pytest

from helpers.places import PACKAGE
from vlagen_bench.errors import ConfigError
from vlagen_bench.utils import pages


def test_a_page_of_ours_may_be_written_again(tmp_path):
    page = tmp_path / "index.html"
    pages.check_ours(page)
    page.write_text(f"<!doctype html><head>{pages.GENERATOR}</head>")
    pages.check_ours(page)


@pytest.mark.parametrize("text", ["", "<h1>My results with vlagen_bench</h1>", "\xff\x00"])
def test_another_page_is_not_written_over(tmp_path, text):
    page = tmp_path / "index.html"
    page.write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError, match=r"index\.html exists already, and is no page of vlagen_bench"):
        pages.check_ours(page)
    assert page.read_bytes() == text.encode("latin-1")


def test_every_page_of_the_package_says_who_made_it():
    sources = [path for kind in ("*.j2", "*.py") for path in PACKAGE.rglob(kind)]
    texts = {path.name: path.read_text(encoding="utf-8") for path in sources}
    made = {name: text for name, text in texts.items() if "<!doctype html>" in text.lower()}
    assert len(made) >= 4
    assert {name for name, text in made.items() if pages.GENERATOR not in text and "{GENERATOR}" not in text} == set()
