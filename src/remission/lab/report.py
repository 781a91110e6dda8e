"""A sample as one page that stands alone: no script, no address, no time; figures inside it."""

from collections.abc import Callable, Iterable, Iterator
from html import escape
from typing import Literal

from remission import __version__
from remission.lab import telling
from remission.lab.sample import Indexed
from remission.lab.tables import SIMULATED, Cell, Table
from remission.mrd.ngs.clonotype import Index
from remission.mrd.ngs.measured import Measured
from remission.terms.words import Text

Language = Literal["en", "zh"]

_STYLE = """
body { font: 15px/1.45 system-ui, 'Noto Sans', 'Noto Sans SC', sans-serif; color: #1a1a1a; background: #fff;
  margin: 2em auto; padding: 0 1.2em; max-width: 76em; }
h1 { font-size: 1.5em; margin: 0 0 .6em; } h2 { font-size: 1.1em; margin: 1.8em 0 .4em; }
table { border-collapse: collapse; } .scroll { overflow-x: auto; }
th, td { text-align: left; vertical-align: top; padding: .22em .9em .22em 0; border-bottom: 1px solid #ddd; }
td { overflow-wrap: anywhere; min-width: 6em; } th { font-weight: 600; }
td.n { min-width: 3em; } .n { text-align: right; white-space: nowrap; }
.simulated { border: 2px solid #b00; color: #b00; padding: .3em .6em; display: inline-block; }
p.note { color: #444; margin: .3em 0; max-width: 60em; }
figure { margin: 0; max-width: 36em; } .figures { display: flex; flex-wrap: wrap; gap: 2em; }
svg { max-width: 100%; height: auto; } footer { margin-top: 2.5em; color: #666; font-size: .85em; }
"""


def result_page(measured: Measured, index: Index, language: Language) -> bytes:
    """The page of a follow-up: answer, clones, pictures, what it rests on. UTF-8."""
    from remission.results.figures import ngs_alignment, ngs_fates, ngs_tracking
    from remission.results.figures.ngs_tracking import TrackedSample

    name, simulated = Text(measured.sample, measured.sample), measured.result.evidence.simulated
    clones = {clone.name: clone for clone in index.clones}
    tables = list(telling.of_measured(measured))
    tracked = [TrackedSample(name, measured, measured.answer.call)]
    figures = [
        ngs_tracking.draw(
            tracked,
            threshold=measured.threshold,
            about=name,
            simulated=simulated,
            language=language,
            format="svg",
        ),
        ngs_fates.draw(measured.fates, about=name, simulated=simulated, language=language, format="svg"),
        *(
            ngs_alignment.draw(
                clones[level.name], level, about=name, simulated=simulated, language=language, format="svg"
            )
            for level in measured.clones
            if level.sightings
        ),
    ]
    return page(
        Text(f"Sample {measured.sample}", f"样本{measured.sample}"),
        tables,
        figures,
        language,
        simulated=simulated,
    )


def index_page(found: Indexed, language: Language) -> bytes:
    """The page of a diagnosis sample: clones followed, largest clonotypes, pictures. UTF-8."""
    from remission.results.figures import ngs_abundance, ngs_fates

    index = found.index
    name, simulated = Text(index.sample, index.sample), index.evidence.simulated
    first, *rest = telling.of_index(index)
    figures = [
        ngs_abundance.draw(
            found.repertoire, index, about=name, simulated=simulated, language=language, format="svg"
        ),
        ngs_fates.draw(index.fates, about=name, simulated=simulated, language=language, format="svg"),
    ]
    return page(
        Text(f"Sample {index.sample}", f"样本{index.sample}"),
        [first, telling.largest(found.repertoire), *rest],
        figures,
        language,
        simulated=simulated,
    )


def page(
    title: Text, tables: Iterable[Table], figures: Iterable[bytes], language: Language, *, simulated: bool
) -> bytes:
    """A page of tables, with the figures after the second. UTF-8."""

    def says(cell: Cell) -> str:
        return escape(cell if isinstance(cell, str) else cell.in_(language))

    return "".join(_lines(title, list(tables), list(figures), language, says, simulated)).encode()


def _lines(
    title: Text,
    tables: list[Table],
    figures: list[bytes],
    language: Language,
    says: Callable[[Cell], str],
    simulated: bool,
) -> Iterator[str]:
    tag = "zh-Hans" if language == "zh" else "en"
    yield f'<!doctype html>\n<html lang="{tag}">\n<meta charset="utf-8">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield f"<title>{says(title)}</title>\n<style>{_STYLE}</style>\n<h1>{says(title)}</h1>\n"
    if simulated:
        yield f'<p class="simulated">{says(SIMULATED)}</p>\n'
    for place, table in enumerate(tables):
        yield from _table(table, says)
        if place == min(1, len(tables) - 1) and figures:
            yield '<div class="figures">\n'
            yield from (f"<figure>{figure.decode()}</figure>\n" for figure in figures)
            yield "</div>\n"
    yield f"<footer>Remission {__version__}</footer>\n</html>\n"


def _table(table: Table, says: Callable[[Cell], str]) -> Iterator[str]:
    yield f'<h2>{says(table.title)}</h2>\n<div class="scroll"><table>\n'
    if any(column.en for column in table.columns):
        heads = (f"<th{_side(table, n)}>{says(column)}</th>" for n, column in enumerate(table.columns))
        yield f"<thead><tr>{''.join(heads)}</tr></thead>\n"
    for row in table.rows:
        cells = (_cell(says(cell), _side(table, n)) for n, cell in enumerate(row))
        yield f"<tr>{''.join(cells)}</tr>\n"
    yield "</table></div>\n"
    yield from (f'<p class="note">{says(note)}</p>\n' for note in table.notes)


def _cell(said: str, side: str) -> str:
    """A cell; what blanks set in on a terminal is set in here too."""
    text = said.lstrip(" ")
    deep = f' style="padding-left:{0.6 * (len(said) - len(text)):g}em"' if text != said else ""
    return f"<td{side}{deep}>{text}</td>"


def _side(table: Table, column: int) -> str:
    return ' class="n"' if column in table.numbers else ""
