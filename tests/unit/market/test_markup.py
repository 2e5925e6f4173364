"""Plain text as the least HTML, and back."""

from hypothesis import given
from hypothesis import strategies as some

from market.markup import to_html, to_text

LINES = some.lists(some.text(some.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1), min_size=1)


def test_blocks_are_paragraphs_lines_are_breaks_and_signs_are_escaped():
    assert to_html("• soft\n• warm\n\nFor <both> & all.") == "<p>• soft<br>• warm</p><p>For &lt;both&gt; &amp; all.</p>"


@given(some.lists(LINES, min_size=1))
def test_what_was_marked_up_is_read_back_whatever_it_holds(blocks):
    text = "\n\n".join("\n".join(lines) for lines in blocks)
    assert to_text(to_html(text)) == text


def test_what_a_marketplace_adds_is_left_out():
    assert to_text('<div class="x"><p>One<BR/>two</p>\n<p style="y">three</p></div>') == "One\ntwo\n\nthree"
