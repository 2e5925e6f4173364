"""How scans and keywords are told."""

from ui.commands.scanning import left_out


def test_what_was_left_out_is_counted_by_reason_the_most_frequent_first():
    assert left_out({"news": 2, "not growing": 1_200, "brand": 2}) == "1,200 not growing, 2 brand, 2 news"
    assert left_out({}) == "nothing"
