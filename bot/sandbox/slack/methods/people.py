"""users.*, usergroups.*, bots.info, team.info."""

from typing import TYPE_CHECKING

from bot.sandbox.slack.methods.method import Method, page
from bot.sandbox.slack.people import User
from bot.sandbox.slack.wire import Args, Json, Refusal
from bot.times import utc

if TYPE_CHECKING:
    from bot.sandbox.slack.workspace import Workspace


def info(space: "Workspace", args: Args) -> Json:
    return {"user": _user(space, space.roster.known(args.need("user")))}


def list_(space: "Workspace", args: Args) -> Json:
    """Everyone at once without `limit`, as Slack does for a team of this size."""
    users = list(space.users.values())
    shown, cursor = page(users, args, default=max(1, len(users)), most=1000)
    bodies = [_user(space, user) for user in shown]
    return {"members": bodies, "cache_ts": space.mint.epoch_s(), "response_metadata": {"next_cursor": cursor}}


def lookup_by_email(space: "Workspace", args: Args) -> Json:
    wanted = args.need("email").lower()
    for user in space.users.values():
        if user.email.lower() == wanted and not user.is_stranger:
            return {"user": _user(space, user)}
    raise Refusal("users_not_found")


def usergroups_list(space: "Workspace", args: Args) -> Json:
    groups = []
    for group in space.roster.usergroups.values():
        body: Json = {
            "id": group.id,
            "team_id": space.team_id,
            "is_usergroup": True,
            "name": group.name,
            "handle": group.handle,
            "description": "",
            "user_count": len(group.members),
            "date_delete": 0,
        }
        groups.append(body | {"users": group.members} if args.flag("include_users") else body)
    return {"usergroups": groups}


def usergroups_users_list(space: "Workspace", args: Args) -> Json:
    group = space.roster.usergroups.get(args.need("usergroup"))
    if group is None:
        raise Refusal("no_such_subteam")
    return {"users": group.members}


def bots_info(space: "Workspace", args: Args) -> Json:
    if args.text("bot", space.bot_id) != space.bot_id:
        raise Refusal("bot_not_found")
    bot = {"id": space.bot_id, "app_id": space.app_id, "user_id": space.bot_user_id, "name": space.app.name}
    return {"bot": {**bot, "deleted": False, "updated": 0, "icons": {}}}


def team_info(space: "Workspace", args: Args) -> Json:
    if args.text("team", space.team_id) != space.team_id:
        raise Refusal("team_not_found")
    return {"team": {"id": space.team_id, "name": space.team_name, "domain": space.domain, "email_domain": ""}}


def _user(space: "Workspace", user: User) -> Json:
    return user.slack(utc(space.clock.now_ns()), email="users:read.email" in space.app.scopes)


METHODS = {
    "users.info": Method(info, "users:read", reads=True),
    "users.list": Method(list_, "users:read", reads=True),
    "users.lookupByEmail": Method(lookup_by_email, "users:read.email", reads=True),
    "usergroups.list": Method(usergroups_list, "usergroups:read", reads=True),
    "usergroups.users.list": Method(usergroups_users_list, "usergroups:read", reads=True),
    "bots.info": Method(bots_info, "users:read", reads=True),
    "team.info": Method(team_info, "team:read", reads=True),
}
