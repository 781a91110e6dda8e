"""The studies that come with the package: for each a folder of data, named by its registry number."""

from importlib.resources import files as _package
from importlib.resources.abc import Traversable

from remission.errors import InputRefused

STUDIES = ("nct03441061", "nct06607419")


def files(name: str) -> Traversable:
    """The folder of a shipped study: `study.toml`, and the record that the study file names.

    Raises
    ------
    InputRefused
        When no study of that name is shipped.
    """
    if name not in STUDIES:
        raise InputRefused(
            f"{name!r} is not a shipped study", where="study", do=f"give one of: {', '.join(STUDIES)}"
        )
    return _package(__name__).joinpath(name)
