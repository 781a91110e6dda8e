"""The participant flow as a chart: boxes downwards, what leaves them to the side."""

from dataclasses import dataclass

from remission.results.numbers import Row, Table


@dataclass(frozen=True, slots=True)
class FlowBox:
    """A box of the chart with the lines that branch off from it."""

    row: Row
    aside: tuple[Row, ...]


def boxes(table: Table) -> tuple[FlowBox, ...]:
    """A box for each row that is not indented; the indented rows under it stand aside."""
    made: list[tuple[Row, list[Row]]] = []
    for row in table.rows:
        if row.indent == 0:
            made.append((row, []))
        else:
            made[-1][1].append(row)
    return tuple(FlowBox(row, tuple(aside)) for row, aside in made)
