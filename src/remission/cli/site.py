"""`remission site`: which hospitals may enrol."""

from typing import Annotated

import typer

from remission.cli.desk import Folder, Name, RoleWord, by, opened, say_of
from remission.cli.words import Json, day
from remission.terms.actors import Role
from remission.terms.ids import SiteId

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.command("list")
def list_sites(trial: Folder = None, json: Json = False) -> None:
    """List the hospitals of the study, and since when each may enrol."""
    known = opened(trial)
    active = known.sites_active()
    rows = [
        {
            "site": site.id,
            "name": site.name.en,
            "name_zh": site.name.zh,
            "city": site.city,
            "active_since": active[site.id].on.isoformat() if site.id in active else None,
            "participants": sum(participant.site == site.id for participant in known.participants().values()),
        }
        for site in known.study.sites
    ]
    lines = [
        f"{row['site']}  {row['active_since'] or 'not active':<11} {row['participants']:>4}  {row['name']}"
        for row in rows
    ]
    say_of(
        known, {"sites": rows}, "\n".join(["site  active since  participants  name", *lines]), as_json=json
    )


@app.command()
def activate(
    site: Annotated[str, typer.Argument(metavar="SITE", help="The hospital's number, such as 03.")],
    on: Annotated[
        str | None, typer.Option("--on", metavar="DAY", help="Since which day, YYYY-MM-DD (today).")
    ] = None,
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.SPONSOR,
    json: Json = False,
) -> None:
    """Let a hospital enrol, from today or from an earlier day on."""
    known = opened(trial)
    known.activate_site(by(name, role), SiteId(site), on=day(on) if on else None)
    since = known.sites_active()[SiteId(site)].on
    say_of(
        known,
        {"site": site, "active_since": since.isoformat()},
        f"site {site} may enrol since {since}",
        as_json=json,
    )
