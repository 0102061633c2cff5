# SPDX-License-Identifier: Apache-2.0
"""A small account, as a server would tell of it."""

from fake import AT, Answer, page, problem

ACCOUNT = {"id": "AC-1", "name": "Atelier Nord", "plan": "true_enterprise", "delegate_dedication": False,
           "self_service_seats": False, "on_shortfall": "keep", "shortfall_grace_s": 0, "created_at": AT}


def organization(number, name, parent=None, path=None, children=0):
    return {"id": f"OG-{number}", "name": name, "parent": parent and f"OG-{parent}", "created_at": AT,
            "path": path or name.replace("~", "~0").replace("/", "~1"), "children": children}


def user(number, email, name, organization=None, role="member", kind="person"):
    return {"id": f"US-{number}", "email": email, "name": name, "organization": organization, "role": role,
            "kind": kind, "created_at": AT, "password_set_at": None, "invited_until": None}


def project(number, name, organization):
    return {"id": f"PR-{number}", "name": name, "organization": organization, "created_at": AT}


def row(level, name, parent, dedicated, pool, assigned, product="KRE", **more):
    return {"level": level, "name": name, "parent": parent, "product": product, "dedicated": dedicated, "pool": pool,
            "assigned": assigned, "available": max(0, pool - assigned), **more}


def session(number=1, **more):
    return {"id": f"SN-{number}", "product": "KRE", "user": "US-1", "level": "OG-1002", "via": "own", "count": 1,
            "state": "active", "reason": None, "project": None, "organization": None, "machine": "render-7",
            "ttl_s": 120, "origin": "external", "started_at": AT, "expires_at": AT, "ended_at": None,
            "heartbeat_s": 40, "cooldown_until": None, "borrowed": False, **more}


ORGANIZATIONS = [organization(1001, "Studio", children=1), organization(1002, "Lighting", 1001, "Studio/Lighting"),
                 organization(1003, "Film"), organization(1004, "Lighting"), organization(1005, "R/D ~ lab")]
USERS = [user(1, "alice@example.com", "Alice", "OG-1002"), user(2, "bob@example.com", "Bob", "OG-1003", "org_admin"),
         user(3, None, "ci", None, kind="service")]
PROJECTS = [project(1, "Trailer", "OG-1002"), project(2, "Trailer", "OG-1003"), project(3, "Pilot", "OG-1003")]
POOLS = [row("AC-1", "Atelier Nord", None, 200, 164, 41), row("OG-1001", "Studio", "AC-1", 20, 15, 15),
         row("OG-1002", "Lighting", "OG-1001", 5, 5, 4, draining_to=3),
         row("OG-1003", "Film", "AC-1", 10, 10, 0, filling_to=12), row("OG-1004", "Lighting", "AC-1", 0, 0, 0),
         row("OG-1005", "R/D ~ lab", "AC-1", 1, 0, 2, over_committed=1)]


def only(items, member):
    """A list that a query parameter narrows down."""
    def answer(request):
        wanted = request.query.get(member)
        return page(*[item for item in items if wanted is None or item[member] in wanted])
    return answer


def users(request):
    email, q = request.query.get("email"), request.query.get("q")
    return page(*[user for user in USERS
                  if (email is None or (user["email"] or "").lower() == email[0].lower())
                  and (q is None or q[0].lower() in (user["name"] + (user["email"] or "")).lower())])


def build(fake, role="account_admin"):
    account = None if role == "operator" else "AC-1"
    key = None if role == "operator" else "AK-1"
    fake.on("GET", "/v1/whoami", Answer({"role": role, "key": key, "user": None, "organization": None,
                                         "account": account, "name": None, "email": None,
                                         "account_name": account and ACCOUNT["name"], "names": [], "csrf_token": None}))
    fake.on("GET", "/v1/accounts", page(ACCOUNT))
    below = "/v1/accounts/AC-1"
    fake.on("GET", below, Answer(ACCOUNT))
    fake.on("GET", f"{below}/organizations", only(ORGANIZATIONS, "parent"))
    fake.on("GET", f"{below}/users", users)
    fake.on("GET", f"{below}/projects", only(PROJECTS, "organization"))
    fake.on("GET", f"{below}/projects/PR-1/members",
            page({"user": "US-1", "email": "alice@example.com", "name": "Alice"},
                 {"user": "US-3", "email": None, "name": "ci"}))
    fake.on("GET", f"{below}/projects/PR-2/members", page())
    fake.on("GET", f"{below}/projects/PR-3/members", page({"user": "US-2", "email": "bob@example.com", "name": "Bob"}))
    fake.on("GET", f"{below}/pools", only(POOLS, "product"))
    fake.on("GET", f"{below}/usage-policy", Answer({"policy": "member_based", "fallback": False}))
    return fake


__all__ = ["ACCOUNT", "ORGANIZATIONS", "POOLS", "PROJECTS", "USERS", "build", "problem", "project", "row", "session",
           "user"]
