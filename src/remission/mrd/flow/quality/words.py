"""Findings of quality control in the words of the laboratory, in English and Chinese."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from remission.mrd.flow.quality.findings import Concern
from remission.mrd.words import percent
from remission.terms.words import Text

NO_CLOCK = Text(
    "The file has no time channel: clogs and bursts cannot be seen, drift only by the order of the events.",
    "文件无时间参数：无法判断堵塞和流速突增，漂移仅能按事件顺序判断。",
)
STANDING_CLOCK = Text(
    "Time stands still: clogs and bursts cannot be seen, drift only by the order of the events.",
    "时间参数恒定不变：无法判断堵塞和流速突增，漂移仅能按事件顺序判断。",
)
COARSE_CLOCK = Text(
    "The clock is too coarse for this run: clogs and bursts cannot be seen.",
    "时间分辨率过低：无法判断堵塞和流速突增。",
)
JOINED_WITHOUT_CLOCK = Text(
    "Several files, one of them without a clock: whether they are different acquisitions cannot be seen.",
    "多个文件中有的无有效时间参数：无法判断是否为不同的采集。",
)
CONCERNS: Mapping[Concern, Text] = MappingProxyType(
    {
        Concern.TIME: Text("time", "时间"),
        Concern.DRIFT: Text("drift", "漂移"),
        Concern.CLOG: Text("clogs, pauses", "堵塞、停顿"),
        Concern.RATE: Text("bursts", "流速突增"),
        Concern.MARGIN: Text("off scale", "超量程"),
        Concern.DOUBLETS: Text("doublets", "粘连体"),
        Concern.DEBRIS: Text("debris", "碎片"),
    }
)
"""Concerns by their names, in the order in which they are shown."""
_MOST_NAMED = 4


def too_few(events: int, least: int) -> Text:
    """Nothing can be said of the run."""
    return Text(
        f"{events:,} events: with fewer than {least:,} neither drift nor clogs can be judged.",
        f"共{events:,}个事件：少于{least:,}个时无法判断漂移和堵塞。",
    )


def too_few_in_file(events: int, least: int) -> Text:
    """Nothing can be said of the pace of one file of several."""
    return Text(
        f"A file of {events:,} events: with fewer than {least:,} clogs cannot be judged.",
        f"其中一个文件仅{events:,}个事件：少于{least:,}个时无法判断堵塞。",
    )


def backwards(events: int, count: int) -> Text:
    """The clock."""
    return _touched(events, count, Text("Time runs backwards or is no number", "时间倒退或不是数值"))


def drifting(events: int, count: int, channels: Sequence[str]) -> Text:
    """Signals that left the run, the worst channels first."""
    named = ", ".join(channels[:_MOST_NAMED])
    more = len(channels) - _MOST_NAMED
    en, zh = (f" and {more} more", f"等{len(channels)}个参数") if more > 0 else ("", "")
    return _touched(
        events, count, Text(f"Signal drifts ({named}{en})", f"信号漂移（{named.replace(', ', '、')}{zh}）")
    )


def clogged(events: int, length: float, in_seconds: bool, share: float) -> Text:
    """Too few events per time."""
    return _paced(
        events,
        length,
        in_seconds,
        share,
        Text("Clog or pause (fewer than half", "堵塞或停顿（事件速率不到平时一半）"),
    )


def burst(events: int, length: float, in_seconds: bool, share: float) -> Text:
    """Too many events per time."""
    return _paced(
        events, length, in_seconds, share, Text("Burst (more than twice", "流速突增（事件速率超过平时两倍）")
    )


def off_scale(events: int, count: int, channel: str, in_channel: int) -> Text:
    """Events at the end of a range."""
    of_channel = percent(in_channel / count)
    return _touched(
        events,
        count,
        Text(
            f"At the end of a range (most in {channel}: {of_channel})",
            f"位于量程端点（{channel}最多：{of_channel}）",
        ),
    )


def doublets(events: int, count: int) -> Text:
    """Two cells as one event."""
    return _touched(events, count, Text("Doublets (area against height)", "粘连体（面积与高度之比）"))


def debris(events: int, count: int) -> Text:
    """Events smaller than cells."""
    return _touched(events, count, Text("Debris (low forward scatter)", "碎片（前向散射低）"))


def _touched(events: int, count: int, what: Text) -> Text:
    share = percent(events / count)
    return Text(
        f"{what.en}: {events:,} of {count:,} events, {share}.",
        f"{what.zh}：{count:,}个事件中{events:,}个，{share}。",
    )


def _paced(events: int, length: float, in_seconds: bool, share: float, what: Text) -> Text:
    lasts = f"{length:.3g} s, " if in_seconds else ""
    lasts_zh = f"{length:.3g}秒，" if in_seconds else ""
    return Text(
        f"{what.en} the usual events per time): {lasts}{percent(share)} of the run, {events:,} events.",
        f"{what.zh}：{lasts_zh}占采集时间的{percent(share)}，{events:,}个事件。",
    )
