"""Serve released aggregates here: login, roles, audit log."""

import argparse
from pathlib import Path

from twin_engine.command import Answer, add_flags
from twin_engine.errors import InputError
from twin_engine.text import tr


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of `twin portal`."""
    actions = parser.add_subparsers(dest="action", required=True)
    serve = actions.add_parser("serve", help=tr("serve the portal until interrupted"))
    serve.add_argument(
        "--releases", metavar="DIR", type=Path, default=Path("release"), help=tr("where twin records release wrote")
    )
    serve.add_argument("--port", type=int, default=8765, metavar="N", help=tr("port on this machine"))
    user = actions.add_parser("user", help=tr("make an account; the password is read from the terminal or stdin"))
    user.add_argument("name", metavar="NAME", help=tr("letters, digits and hyphens"))
    user.add_argument(
        "--role", required=True, choices=("viewer", "researcher", "steward"), help=tr("what the account may do")
    )
    check = actions.add_parser("audit", help=tr("check that the audit log is whole"))
    for sub in (serve, user, check):
        sub.add_argument("--state", metavar="DIR", type=Path, default=Path("portal"), help=tr("accounts and audit log"))
        add_flags(sub)


def run(args: argparse.Namespace) -> Answer:
    """Run the chosen action."""
    actions = {"serve": _serve, "user": _user, "audit": _audit}
    return actions[args.action](args)


def _serve(args: argparse.Namespace) -> Answer:
    import sys

    import uvicorn

    from avatars.warehouse.portal import create

    if not (args.releases / "released").is_dir():
        raise InputError("no releases there", "--releases", str(args.releases), "a folder of twin records release",
                         "first: twin records release PHENOTYPE")  # fmt: skip
    app = create(args.releases, args.state)
    address = f"http://localhost:{args.port}/"
    print(tr("portal: {address} (end with Ctrl-C)", address=address), file=sys.stderr)
    # No access log: addresses and names belong to the audit log alone. Loopback only.
    uvicorn.run(app, host="127.0.0.1", port=args.port, access_log=False, log_level="warning", server_header=False)
    return Answer({"address": address})


def _user(args: argparse.Namespace) -> Answer:
    import getpass
    import sys

    from avatars.warehouse.security import Accounts, provisioning

    typed = getpass.getpass(tr("password") + ": ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    made = Accounts(args.state / "accounts.json").add(args.name, args.role, typed)
    return Answer({"account": made.name, "role": made.role, "authenticator": provisioning(made)})


def _audit(args: argparse.Namespace) -> Answer:
    from avatars.warehouse.security import AuditLog, audit_key

    log = AuditLog(args.state / "audit.log", audit_key(args.state))
    broken = log.verify()
    return Answer(
        {"rows": len(log.rows()) if broken != 0 else None, "whole": broken is None, "first_changed_row": broken}
    )
