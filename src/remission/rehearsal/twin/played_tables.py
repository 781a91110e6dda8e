"""The tables of trials played: what they came to, the weighted test, and unknown results of two endpoints."""

from remission.paper.tables import PrintedTable
from remission.rehearsal.twin.evaluate import Played
from remission.rehearsal.twin.settings import Settings
from remission.stats.pairs.cells import HANDLING_WORDS
from remission.stats.pairs.power import JointPower
from remission.terms.words import Text


def played_tables(
    settings: Settings, endpoint: str, played: Played, alone: tuple[Text, ...]
) -> tuple[PrintedTable, ...]:
    """Everything played; `alone`: what stands under a table of the final test without looks."""
    name = settings.endpoint(endpoint).name
    found = [
        _retitled(played.at_p1.printed(), name, "p1"),
        _retitled(played.at_p0.printed(), name, "p0"),
        _weighted(played, name, alone),
    ]
    if len(settings.endpoints) == 2:
        found.append(_handled(played, alone))
    return tuple(found)


def chance(chance: float | None) -> str:
    """A probability in four digits; a dash where there is none."""
    if chance is None:
        return "–"
    return f"{chance:.4f}" if chance >= 0.00005 or chance == 0 else "<0.0001"


def _handled(played: Played, alone: tuple[Text, ...]) -> PrintedTable:
    rows = tuple(
        (HANDLING_WORDS[row.handling], rate, *_joint(found))
        for row in played.handled
        for rate, found in (("p1", row.at_p1), ("p0", row.at_p0))
    )
    notes = Text(
        "None: no true levels hold the rates of both endpoints.",
        "无：无真实水平可同时满足两终点之率。",
    )
    if played.handled:
        draws, seed = played.handled[-1].at_p1.draws, played.at_p1.seed
        notes = Text(
            f"Exact but for imputation: {draws} data sets, seed {seed}. At p1: power; at p0, both endpoints: "
            "type I error.",
            f"除填补外均为精确计算：{draws}组数据，种子{seed}。p1处为把握度；两终点均为p0处为I类错误。",
        )
    return PrintedTable(
        Text("Unknown results of two endpoints as seen", "两终点未知结果的处理（所见）"),
        (
            Text("unknown results", "未知结果"),
            Text("true rates", "真实率"),
            Text("succeeds together", "合并成功概率"),
            Text("standard error", "标准误"),
            Text("first endpoint", "第一终点"),
            Text("second endpoint", "第二终点"),
        ),
        rows,
        (notes, *alone),
        simulated=True,
    )


def _joint(one: JointPower) -> tuple[str, ...]:
    error = "–" if one.draws is None else f"{one.error(one.success):.4f}"
    return chance(one.success), error, chance(one.first), chance(one.second)


def _weighted(played: Played, name: Text, alone: tuple[Text, ...]) -> PrintedTable:
    rows = tuple(
        (test, truth, f"{rate:.4f}", f"{found.value:.4f}", f"{found.error:.4f}")
        for truth, one in (("p1", played.weighted_p1), ("p0", played.weighted_p0))
        for test, rate, found in (
            (Text("weighted by stratum", "按分层加权"), one.true_rate, one.weighted),
            (Text("unweighted", "不加权"), one.counted_rate, one.unweighted),
        )
    )
    trials, seed = played.weighted_p1.trials, played.weighted_p1.seed
    return PrintedTable(
        Text(
            f"Unknown results left out, and weighted for: {name.en}",
            f"剔除未知结果并加权：{name.zh}",
        ),
        (
            Text("test", "检验"),
            Text("true rate", "真实率"),
            Text("rate it estimates", "所估计的率"),
            Text("rejects", "拒绝概率"),
            Text("standard error", "标准误"),
        ),
        rows,
        (
            Text(
                f"Score test. Monte Carlo: {trials} trials, seed {seed}.",
                f"记分检验。蒙特卡罗模拟：{trials}次试验，种子{seed}。",
            ),
            *alone,
        ),
        simulated=True,
    )


def _retitled(table: PrintedTable, name: Text, rate: str) -> PrintedTable:
    title = Text(f"{table.title.en} at {rate}: {name.en}", f"{table.title.zh}（{rate}）：{name.zh}")
    return PrintedTable(title, table.columns, table.rows, table.notes, table.simulated)
