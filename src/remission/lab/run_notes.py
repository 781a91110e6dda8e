"""What each result of a run says of the other samples: those that failed, swapped tubes, spoilt controls."""

from collections.abc import Iterator, Mapping, Sequence

from remission.mrd.ngs.measured import Foreign
from remission.terms.words import Text


def incomplete(unread: Sequence[str], unknown: Sequence[str]) -> Iterator[Text]:
    """What the check for contamination did not see: samples not searched, patients without an index."""
    if unread:
        named = ", ".join(unread)
        yield Text(
            f"The run is incomplete: {named} failed and could not be looked at. What hopped from there, and "
            "what of others is in there, is not known.",
            f"本批次不完整：{named}失败，未能检查。来自这些样本的标签跳跃及其中他人的克隆均未知。",
        )
    if unknown:
        named = ", ".join(unknown)
        yield Text(
            f"The clones of {named} are not known, so no sample was searched for them: contamination from "
            "there would not be seen.",
            f"{named}的克隆未知，因此未在任何样本中查找：来自其的污染无法发现。",
        )


def swapped(sample: str, others: Sequence[str]) -> Text:
    """Tubes that may have changed places."""
    named = ", ".join(others)
    return Text(
        f"Swapped? {sample} and {named} lack their patients' own clones; what one shows instead is the "
        "other's. See whether tubes, indices or diagnosis samples were swapped.",
        f"是否调换？{sample}与{named}均不含各自患者的克隆，所见克隆属于对方。请核查试管、标签或初诊样本是否调换。",
    )


def spoilt_controls(
    owner: str, controls: Sequence[str], foreign: Mapping[str, Sequence[Foreign]]
) -> Iterator[Text]:
    """Negative controls that hold this patient's clones, and are left out for them."""
    for control in controls:
        for one in foreign.get(control, ()):
            if one.owner == owner and one.contaminates:
                yield Text(
                    f"{control} is no negative control for {one.name}: it holds {one.reads:,} reads of it; "
                    f"hopping and chance explain {one.expected:.2g}. It is left out.",
                    f"{control}不能作为{one.name}的阴性对照：其中有{one.reads:,}条该克隆读段，"
                    f"标签跳跃和偶然可解释{one.expected:.2g}条。已排除。",
                )
