"""What is wrong with an FCS file: refused, repaired if that was asked for by name, or read and noted.

A fault makes the reader refuse, unless its repair was asked for; then the repair is recorded. A quirk breaks
the standard but can be read in one way only; it is read, and noted.
"""

from collections.abc import Set
from dataclasses import dataclass, field
from enum import StrEnum

from remission.errors import InputRefused, InvariantBroken
from remission.terms.words import Text

_MOST_SAID = 12


class Fault(StrEnum):
    """A fault that can be repaired, by the name under which its repair is asked for."""

    UNKNOWN_VERSION = "unknown-version"
    TEXT_CUT = "text-cut"
    KEYWORD_TWICE = "keyword-twice"
    MODE_MISSING = "mode-missing"
    TAKE_HEADER = "take-header"
    TAKE_TEXT = "take-text"
    TAKE_OFFSETS = "take-offsets"
    COUNT_FROM_DATA = "count-from-data"
    END_FROM_COUNT = "end-from-count"
    WHOLE_EVENTS = "whole-events"
    NAME_MISSING = "name-missing"
    NAME_TWICE = "name-twice"
    SCALE_LINEAR = "scale-linear"
    RANGE_UNKNOWN = "range-unknown"
    GAIN_ONE = "gain-one"
    LITTLE_ENDIAN = "little-endian"
    BIG_ENDIAN = "big-endian"
    FIRST_DATA_SETS = "first-data-sets"
    CHECKSUM = "checksum"
    NOT_FINITE = "not-finite"
    STRAY_BITS = "stray-bits"
    IMPLAUSIBLE = "implausible"


REPAIRED: dict[Fault, Text] = {
    Fault.UNKNOWN_VERSION: Text("read by the rules of FCS 3.2", "按 FCS 3.2 的规则读取"),
    Fault.TEXT_CUT: Text("the last, unfinished word of TEXT is left out", "舍去 TEXT 段末尾未完的词"),
    Fault.KEYWORD_TWICE: Text("the first of two values is taken", "两个值取第一个"),
    Fault.MODE_MISSING: Text("taken as a list of events", "视为逐事件列表"),
    Fault.TAKE_HEADER: Text("DATA is where HEADER says", "DATA 段位置以 HEADER 为准"),
    Fault.TAKE_TEXT: Text("DATA is where TEXT says", "DATA 段位置以 TEXT 为准"),
    Fault.TAKE_OFFSETS: Text("DATA is where the offsets say", "DATA 段位置以所给偏移为准"),
    Fault.COUNT_FROM_DATA: Text("events counted from the length of DATA", "事件数按 DATA 段长度计算"),
    Fault.END_FROM_COUNT: Text("DATA ends where $TOT events end", "DATA 段止于第 $TOT 个事件"),
    Fault.WHOLE_EVENTS: Text("the whole events that are there are read", "只读取文件中完整的事件"),
    Fault.NAME_MISSING: Text("named by its number", "以参数编号命名"),
    Fault.NAME_TWICE: Text("each gets its number behind its name", "名称后加参数编号"),
    Fault.SCALE_LINEAR: Text("taken as linear", "视为线性"),
    Fault.RANGE_UNKNOWN: Text("range taken from the bits, or from the largest value", "量程取自位数或最大值"),
    Fault.GAIN_ONE: Text("gain taken as 1", "增益视为 1"),
    Fault.LITTLE_ENDIAN: Text("the least significant byte is first", "低位字节在前"),
    Fault.BIG_ENDIAN: Text("the most significant byte is first", "高位字节在前"),
    Fault.FIRST_DATA_SETS: Text("the data sets before it are read", "只读取其前的数据集"),
    Fault.CHECKSUM: Text("the checksum is not heeded", "不理会校验和"),
    Fault.NOT_FINITE: Text("such values are kept as they are; no gate holds them", "保留原值；不落入任何门"),
    Fault.STRAY_BITS: Text("bits above $PnR are masked, as the standard says", "按标准屏蔽 $PnR 以上的位"),
    Fault.IMPLAUSIBLE: Text("values are kept as they are", "保留原值"),
}


class Quirk(StrEnum):
    """What breaks the standard but can be read in one way only."""

    BLANK_OFFSETS = "blank-offsets"
    END_ONE_OFF = "end-one-off"
    COUNT_NOT_GIVEN = "count-not-given"
    EMPTY_VALUE = "empty-value"
    NOT_UTF8 = "not-utf8"
    SAME_TWICE = "same-twice"
    FIRST_OF_TWO = "first-of-two"
    NO_SUPPLEMENT = "no-supplement"
    OPEN_END = "open-end"
    LOG_FROM_ONE = "log-from-one"
    SCALE_NOT_GIVEN = "scale-not-given"
    GAIN_NOT_USED = "gain-not-used"
    NO_TIME_STEP = "no-time-step"
    BIT_STREAM = "bit-stream"
    STRAY_BITS = "stray-bits"
    ABOVE_RANGE = "above-range"
    RANGE_ABOVE_BITS = "range-above-bits"
    BYTES_BETWEEN = "bytes-between"
    BYTES_BEHIND = "bytes-behind"
    ANALYSIS = "analysis"
    CHECKED = "checked"


NOTED: dict[Quirk, Text] = {
    Quirk.BLANK_OFFSETS: Text(
        "HEADER leaves the place of DATA blank; TEXT says it", "HEADER 未写 DATA 位置，取自 TEXT"
    ),
    Quirk.END_ONE_OFF: Text("the end of DATA is said one byte off", "DATA 段末尾差一字节"),
    Quirk.COUNT_NOT_GIVEN: Text("$TOT is not given; events counted from DATA", "未给出 $TOT，按 DATA 段计数"),
    Quirk.EMPTY_VALUE: Text("keywords without a value", "无值的关键字"),
    Quirk.NOT_UTF8: Text("values not in UTF-8, read as Latin-1", "非 UTF-8 的值，按 Latin-1 读取"),
    Quirk.SAME_TWICE: Text("keywords given twice, with the same value", "重复的关键字，值相同"),
    Quirk.FIRST_OF_TWO: Text(
        "the vendor's own keywords given twice; the first counts", "厂商关键字重复，取第一个"
    ),
    Quirk.NO_SUPPLEMENT: Text(
        "the supplemental TEXT is no keyword text; not read", "补充 TEXT 段不是关键字文本，未读取"
    ),
    Quirk.OPEN_END: Text("TEXT does not end with its delimiter", "TEXT 段未以分隔符结尾"),
    Quirk.LOG_FROM_ONE: Text(
        "$PnE with offset 0: logarithms begin at 1, as the standard says", "$PnE 起点为 0，按标准取 1"
    ),
    Quirk.SCALE_NOT_GIVEN: Text("$PnE is not given; floats are linear", "未给出 $PnE；浮点数为线性"),
    Quirk.GAIN_NOT_USED: Text(
        "$PnG of a logarithmic or time parameter is not used", "对数或时间参数不用 $PnG"
    ),
    Quirk.NO_TIME_STEP: Text(
        "$TIMESTEP is no number; time is left as stored", "$TIMESTEP 非数值，时间保持原值"
    ),
    Quirk.BIT_STREAM: Text(
        "packed bits, read as one stream in the order of $BYTEORD", "按 $BYTEORD 顺序读取的紧凑位流"
    ),
    Quirk.STRAY_BITS: Text("bits above $PnR in some values, masked", "部分值在 $PnR 以上有位，已屏蔽"),
    Quirk.ABOVE_RANGE: Text("values at or above $PnR, kept", "不小于 $PnR 的值，已保留"),
    Quirk.RANGE_ABOVE_BITS: Text("$PnR is more than the bits can hold", "$PnR 超出位数所能表示"),
    Quirk.BYTES_BETWEEN: Text("bytes between segments, not read", "段间字节，未读取"),
    Quirk.BYTES_BEHIND: Text("bytes behind the last segment, not read", "末段之后的字节，未读取"),
    Quirk.ANALYSIS: Text("an ANALYSIS segment, not read", "ANALYSIS 段，未读取"),
    Quirk.CHECKED: Text("the checksum fits", "校验和相符"),
}


@dataclass(frozen=True, slots=True)
class Repair:
    """A repair that was asked for and done: what was `found`, and where."""

    fault: Fault
    found: tuple[str, ...]

    @property
    def said(self) -> Text:
        """The repair in words."""
        done, found = REPAIRED[self.fault], _joined(self.found)
        return Text(f"{found}: {done.en} ({self.fault})", f"{found}：{done.zh}（{self.fault}）")


@dataclass(slots=True)
class Account:
    """What came of one data set's faults and quirks, while it is read."""

    name: str
    asked: Set[Fault]
    _repairs: dict[Fault, list[str]] = field(default_factory=lambda: {})
    _quirks: dict[Quirk, list[str]] = field(default_factory=lambda: {})

    def note(self, quirk: Quirk, found: str) -> None:
        """Keep what was read in spite of the standard."""
        self._quirks.setdefault(quirk, []).append(found)

    def fault(
        self,
        what: str,
        *repairs: Fault,
        where: str,
        do: str,
        kind: type[InputRefused] = InvariantBroken,
    ) -> Fault:
        """The one of `repairs` that was asked for, put on record; each is a remedy of what is wrong.

        Raises
        ------
        InputRefused
            Of the given kind, if none was asked for, or several.
        """
        done = [one for one in repairs if one in self.asked]
        if len(done) != 1:
            offers = "; ".join(f"{one} ({REPAIRED[one].en})" for one in repairs)
            raise kind(what, where=where, do=f"{do}; or ask for one repair: {offers}")
        self._repairs.setdefault(done[0], []).append(f"{where}: {what}")
        return done[0]

    @property
    def repairs(self) -> tuple[Repair, ...]:
        """Repairs done, in the order in which they came."""
        return tuple(Repair(fault, tuple(found)) for fault, found in self._repairs.items())

    @property
    def notes(self) -> tuple[Text, ...]:
        """Quirks in words, in the order in which they came."""
        said: list[Text] = []
        for quirk, found in self._quirks.items():
            words, things = NOTED[quirk], _joined(tuple(found))
            said.append(Text(f"{words.en}: {things}", f"{words.zh}：{things}"))
        return tuple(said)


def _joined(found: tuple[str, ...]) -> str:
    more = f" ... ({len(found)})" if len(found) > _MOST_SAID else ""
    return ", ".join(found[:_MOST_SAID]) + more
