"""Gates from another program's file: Gating-ML 2.0, or a FlowJo workspace."""

from io import BytesIO

from remission.errors import CommandRefused
from remission.lab.addresses import content, file_name
from remission.mrd.flow.gates.gates import Gating
from remission.mrd.flow.programs.gatingml import read_gatingml


def gating_at(address: str, sample: str | None = None, of: str = "") -> Gating:
    """The gates in a file; of a workspace those of `sample`, or of the sample whose file is named `of`.

    Raises
    ------
    CommandRefused
        For a sample named beside a file that holds gates only.
    NotFound
        If a workspace has no such sample.
    """
    raw, name = content(address), file_name(address)
    if not address.endswith(".wsp"):
        if sample is not None:
            raise CommandRefused(
                f"{name} holds gates, not samples", where="--sample", do="leave --sample out"
            )
        return read_gatingml(BytesIO(raw), name)
    from remission.mrd.flow.programs.wsp import read_workspace

    return read_workspace(BytesIO(raw), name).sample(sample or of).gating()
