"""``crossdvp people``: a node's people log in, are created and changed, and approve what others propose.

Whoever logs in puts the session into the environment (CROSSDVP_SESSION); every later command of any topic comes in it.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from chains.console import JsonFlag, Output, facts, out, output_of, run, show_json
from chains.progmat.cli.arguments import BadArgument
from chains.progmat.cli.connecting import SESSION_VARIABLE, connected, node_commands
from chains.progmat.cli.people_audit import app as audit_commands
from chains.progmat.client.user_client import ApprovalLine, NewStaff, OpenedSession, StaffLine, UserClient
from chains.progmat.market.people.staff_roles import StaffRole
from chains.progmat.market.people.statuses import ApprovalStatus, Decision, UserStatus

app = node_commands("A node's people: logins, users, approvals, the audit log.")
app.add_typer(audit_commands, name="audit")


StaffArgument = Annotated[str, typer.Argument(help="The staff id.")]
AuthorOption = Annotated[str, typer.Option("--author", envvar="CROSSDVP_STAFF_ID", help="Your staff id.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why.")]
PasswordFile = Annotated[Path | None, typer.Option("--password-file", help="Its first line; else you are asked.")]
RolesOption = Annotated[list[StaffRole], typer.Option("--role", help="A role; repeatable.")]
ApprovalArgument = Annotated[str, typer.Argument(help="The approval's id.")]


@app.command()
def init(
    context: typer.Context,
    users: Annotated[list[str], typer.Argument(help="STAFF_ID=ROLE[,ROLE], at least two of them with ADMIN.")],
    as_json: JsonFlag = False,
) -> None:
    """Create the first users; their first passwords are shown once, and must be changed."""
    output = output_of(as_json)

    async def main() -> None:
        staff = [_first_user(text) for text in users]
        async with connected(context, UserClient) as client:
            await client.create_first(staff)
        if output is Output.PROGRAMS:
            show_json({"first_passwords": {each.staff_id: each.first_password for each in staff}})
        else:
            facts({each.staff_id: each.first_password for each in staff})

    run(main, output)


@app.command()
def login(
    context: typer.Context,
    staff_id: Annotated[str, typer.Argument(help="The staff id; none with --issuer.")] = "",
    password_file: PasswordFile = None,
    issuer: Annotated[str, typer.Option(help="Log in with an ID token of this identity provider.")] = "",
    id_token_file: Annotated[Path | None, typer.Option(help="The file that holds it.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Open a session for this client certificate."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, UserClient) as client:
            if issuer and id_token_file is not None:
                opened = await client.log_in_by_token(issuer, _first_line(id_token_file))
            else:
                opened = await client.log_in(staff_id, _password(password_file, "Password"))
        _show_session(opened, output)

    run(main, output)


@app.command()
def nonce(context: typer.Context, as_json: JsonFlag = False) -> None:
    """A nonce for one login at an identity provider."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, UserClient) as client:
            given = await client.begin_login()
        show_json({"nonce": given}) if output is Output.PROGRAMS else facts({"nonce": given})

    run(main, output)


@app.command()
def logout(context: typer.Context, as_json: JsonFlag = False) -> None:
    """End the session that the environment names."""

    async def main() -> None:
        async with connected(context, UserClient) as client:
            await client.log_out()

    run(main, output_of(as_json))


@app.command()
def password(
    context: typer.Context,
    staff_id: StaffArgument,
    old_file: Annotated[Path | None, typer.Option(help="The old one; else you are asked.")] = None,
    new_file: Annotated[Path | None, typer.Option(help="The new one; else you are asked.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Change your password, also an expired one."""

    async def main() -> None:
        old, new = _password(old_file, "Old password"), _password(new_file, "New password")
        async with connected(context, UserClient) as client:
            await client.change_password(staff_id, old, new)

    run(main, output_of(as_json))


@app.command()
def users(context: typer.Context, as_json: JsonFlag = False) -> None:
    """Everybody, with roles and standing (admins and auditors only)."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, UserClient) as client:
            _show_users(await client.users(), output)

    run(main, output)


@app.command()
def create(
    context: typer.Context,
    staff_id: StaffArgument,
    name: Annotated[str, typer.Argument(help="The person's name.")],
    role: RolesOption,
    author: AuthorOption,
    reason: ReasonOption = "",
    oidc_issuer: Annotated[str, typer.Option(help="Identity provider, instead of a password.")] = "",
    oidc_subject: Annotated[str, typer.Option(help="The person's subject there.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Propose a user; another admin approves."""
    output = output_of(as_json)
    first = "" if oidc_issuer else secrets.token_urlsafe(15)
    staff = NewStaff(staff_id, name, tuple(role), first, oidc_issuer=oidc_issuer, oidc_subject=oidc_subject)

    async def main() -> None:
        async with connected(context, UserClient) as client:
            approval = await client.create_user(staff, author, reason)
        show_approval(approval, output, {"first_password": first} if first else {})

    run(main, output)


@app.command()
def change(
    context: typer.Context,
    staff_id: StaffArgument,
    author: AuthorOption,
    status: Annotated[UserStatus | None, typer.Option(help="Lock, unlock (ACTIVE) or disable.")] = None,
    role: Annotated[list[StaffRole] | None, typer.Option(help="All roles from now on; repeatable.")] = None,
    reason: ReasonOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Propose a change of a user; another admin approves."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, UserClient) as client:
            show_approval(await client.change_user(staff_id, status, role or (), author, reason), output)

    run(main, output)


@app.command()
def reset(
    context: typer.Context,
    staff_id: StaffArgument,
    author: AuthorOption,
    reason: ReasonOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Propose a new first password for somebody; another admin approves."""
    output = output_of(as_json)
    first = secrets.token_urlsafe(15)

    async def main() -> None:
        async with connected(context, UserClient) as client:
            approval = await client.reset_password(staff_id, first, author, reason)
        show_approval(approval, output, {"first_password": first})

    run(main, output)


@app.command()
def approvals(
    context: typer.Context,
    status: Annotated[ApprovalStatus | None, typer.Option(help="Only of this status.")] = ApprovalStatus.PROPOSED,
    limit: Annotated[int, typer.Option(min=1, max=500, help="At most so many.")] = 100,
    as_json: JsonFlag = False,
) -> None:
    """What waits for an approval, with exactly what would be done."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, UserClient) as client:
            found = await client.approvals(status, limit)
        if output is Output.PROGRAMS:
            show_json({"approvals": [approval_document(each) for each in found]})
            return
        for each in found:
            show_approval(each, output)
        if not found:
            facts({"approvals": "none"})

    run(main, output)


@app.command()
def decide(
    context: typer.Context,
    approval_id: ApprovalArgument,
    decision: Annotated[Decision, typer.Argument(help="What you say to it.")],
    author: AuthorOption,
    request_hash: Annotated[str, typer.Option(help="Of what you have read; `approvals` shows it.")],
    as_json: JsonFlag = False,
) -> None:
    """Approve, reject or withdraw what has this hash."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, UserClient) as client:
            open_ones = await client.approvals(None, 500)
            known = next((each for each in open_ones if each.approval_id == approval_id), None)
            if known is None or known.request_hash.hex() != request_hash.lower():
                raise BadArgument("no approval has this id and hash: read it again with `crossdvp people approvals`")
            show_approval(await client.decide(known, decision, author), output)

    run(main, output)


def show_approval(approval: ApprovalLine, output: Output, more: dict[str, str] | None = None) -> None:
    """One approval; ``more``: what is shown once beside it."""
    document = approval_document(approval) | (more or {})
    if output is Output.PROGRAMS:
        show_json(document)
        return
    facts({name: escape(str(value)) for name, value in document.items() if value != ""})
    out.print()


def approval_document(approval: ApprovalLine) -> dict[str, object]:
    """For programs."""
    return {
        "approval": approval.approval_id,
        "act": approval.act,
        "subject": approval.subject,
        "request": approval.request_json,
        "request_hash": approval.request_hash.hex(),
        "author": approval.author,
        "reason": approval.reason,
        "status": approval.status.value,
        "approver": approval.approver,
        "expires_s": approval.expires_s,
    }


def _show_session(opened: OpenedSession, output: Output) -> None:
    if output is Output.PROGRAMS:
        show_json({"session": opened.token, "staff_id": opened.staff_id, "expires_s": opened.expires_s})
        return
    out.print(f"export {SESSION_VARIABLE}={opened.token}", soft_wrap=True)
    out.print(f"export CROSSDVP_STAFF_ID={opened.staff_id}", soft_wrap=True)


def _show_users(found: list[StaffLine], output: Output) -> None:
    if output is Output.PROGRAMS:
        rows = [
            {
                "staff_id": each.staff_id,
                "name": each.name,
                "roles": [role.value for role in each.roles],
                "status": each.status.value,
                "last_login_s": each.last_login_s,
                "failed_attempts": each.failed_attempts,
                "locked_until_s": each.locked_until_s,
            }
            for each in found
        ]
        show_json({"users": rows})
        return
    table = Table("staff id", "name", "roles", "status", "failures", box=None)
    for each in found:
        roles = ", ".join(role.value for role in each.roles)
        cells = (each.staff_id, each.name, roles, each.status.value, str(each.failed_attempts))
        table.add_row(*(escape(cell) for cell in cells))
    out.print(table)


def _first_user(text: str) -> NewStaff:
    staff_id, equals, names = text.partition("=")
    known = {role.value for role in StaffRole}
    roles = names.split(",")
    if not equals or not set(roles) <= known:
        raise BadArgument(f"{text!r}: STAFF_ID=ROLE[,ROLE] is wanted, with roles of {', '.join(sorted(known))}")
    return NewStaff(staff_id, f"user {staff_id}", tuple(StaffRole(role) for role in roles), secrets.token_urlsafe(15))


def _password(file: Path | None, prompt: str) -> str:
    return typer.prompt(prompt, hide_input=True) if file is None else _first_line(file)


def _first_line(file: Path) -> str:
    try:
        with file.open(encoding="utf-8") as opened:
            return opened.readline(16_384).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise BadArgument(f"{file} cannot be read: {error}") from error
