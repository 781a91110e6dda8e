"""Tables as text, HTML and LaTeX."""

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remission.errors import InvariantBroken
from remission.paper.tables import Printable, PrintedTable, as_html, as_latex, as_text
from remission.terms.words import Text

TABLE = PrintedTable(
    Text("Rate of 3 & <b>", "率"),
    (Text("method", "方法"), Text("lower", "下限")),
    ((Text("exact", "精确"), "8.3 %"), ("Wilson_1", "12.4 %")),
    (Text("95 % interval.", "95%区间。"),),
)


def test_text_aligns_labels_left_and_numbers_right_counting_chinese_letters_as_two() -> None:
    assert as_text(TABLE).splitlines() == [
        "Rate of 3 & <b>",
        "method     lower",
        "--------  ------",
        "exact      8.3 %",
        "Wilson_1  12.4 %",
        "95 % interval.",
    ]
    assert as_text(TABLE, "zh").splitlines()[1:4] == [
        "方法        下限",
        "--------  ------",
        "精确       8.3 %",
    ]


def test_simulated_data_say_so_in_every_form() -> None:
    marked = PrintedTable(TABLE.title, TABLE.columns, TABLE.rows, simulated=True)
    for form in (as_text, as_html, as_latex):
        assert "SIMULATED DATA" in form(marked)
        assert "模拟数据" in form(marked, "zh")
        assert "SIMULATED" not in form(TABLE)


def test_html_is_well_formed_whatever_the_words() -> None:
    root = ET.fromstring(as_html(TABLE))
    assert root.get("lang") == "en"
    assert [cell.text for cell in root.iter("td")] == ["8.3 %", "12.4 %", "95 % interval."]
    assert root.findtext("caption") == "Rate of 3 & <b>"


@given(st.text(alphabet=st.characters(categories=("L", "N", "P", "S", "Z")), max_size=30))
def test_any_words_survive_html(words: str) -> None:
    table = PrintedTable(Text(words, words), (Text("a", "a"),), ((words,),))
    root = ET.fromstring(as_html(table))
    assert (root.findtext("caption") or "") == words
    assert (root.findtext(".//tbody/tr/th") or "") == words


def test_latex_escapes_what_latex_reads() -> None:
    latex = as_latex(TABLE)
    assert r"\caption{Rate of 3 \& \textless{}b\textgreater{}}" in latex
    assert r"Wilson\_1 & 12.4 \% \\" in latex
    assert latex.count(r"\begin{tabular}{lr}") == 1


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(InvariantBroken, match="1 cells in a table of 2 columns") as refused:
        PrintedTable(TABLE.title, TABLE.columns, (("only",),))
    assert "row 1" in str(refused.value)


def test_a_result_prints_itself() -> None:
    class Own(Printable):
        def printed(self) -> PrintedTable:
            return TABLE

    own = Own()
    assert str(own) == own.text() == as_text(TABLE)
    assert own.html("zh") == as_html(TABLE, "zh")
    assert own.latex() == as_latex(TABLE)
