"""The bot's scopes, as in manifest.yml (a test holds the two together)."""

SCOPES = frozenset(
    {
        "app_mentions:read",
        "channels:history",
        "channels:read",
        "chat:write",
        "commands",
        "files:write",
        "groups:history",
        "groups:read",
        "im:history",
        "im:write",
        "links:read",
        "links:write",
        "usergroups:read",
        "users:read",
    }
)
