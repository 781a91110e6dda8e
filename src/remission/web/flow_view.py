"""Flow files on the bench without a trial: one page on the loopback address."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from remission.lab.flow_work import Asking
from remission.web.flow_place import FlowDesk
from remission.web.serve import HOST, PORT, answering, served
from remission.web.site import WsgiApplication, pages_of


def serve_flow(
    paths: Sequence[str],
    asking: Asking,
    *,
    label: str,
    drafts: Path,
    host: str = HOST,
    port: int = PORT,
    told: Callable[[str], None] = lambda address: None,
) -> None:
    """Serve one sample's files until interrupted; `told` the address once it answers. Prints nothing.

    Parameters
    ----------
    paths : sequence of str
        FCS files of one sample, by address.
    asking : Asking
        What is asked, and by which strategy, panel, matrix and reference.
    label : str
        What the sample is called in its result.
    drafts : Path
        The folder that accepted results are written to; nothing in it is written over.

    Raises
    ------
    CommandRefused
        For an address that other machines could reach, or a port that is taken.
    """
    served(_pages(paths, asking, label, drafts, host), host, port, told)


@contextmanager
def running_flow(paths: Sequence[str], asking: Asking, *, label: str, drafts: Path) -> Generator[str]:
    """The page on a free port, served by a thread; gives its address, without a last slash."""
    with answering(_pages(paths, asking, label, drafts, HOST)) as address:
        yield address


def _pages(paths: Sequence[str], asking: Asking, label: str, drafts: Path, host: str) -> WsgiApplication:
    return pages_of(FlowDesk(paths, label, asking, drafts), host)
