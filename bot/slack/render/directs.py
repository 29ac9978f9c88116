"""What the bot tells one person alone, in a direct message."""

from bot.flows.contents import DirectContent
from bot.incidents.delivery import DirectTopic
from bot.slack import rich
from bot.slack.mrkdwn import Message, escape, shorten
from bot.slack.render.card_parts import TITLE_CHARS, job_name, to_card


def direct_message(content: DirectContent) -> Message:
    match DirectTopic(str(content.payload["topic"])):
        case DirectTopic.ASSIGNED:
            return _assigned(content)
        case DirectTopic.CHANNEL_SHUT:
            return _channel_shut(content)


def _assigned(content: DirectContent) -> Message:
    incident = content.incident
    title = shorten(incident.facts.title, TITLE_CHARS) if incident else "an incident"
    actor = shorten(str(content.payload.get("actor_name") or "Somebody"), TITLE_CHARS)
    line = [
        rich.user(str(content.payload["actor"])),
        rich.text(" assigned this to you: "),
        to_card(content.card, title),
        rich.text("\n"),
        *(job_name(content.job, incident.job_id) if incident else ()),
    ]
    return {
        "text": f"{escape(actor)} assigned this to you: {escape(title)}",
        "blocks": [rich.block(rich.section(*line))],
    }


_SHUT = {
    "is_ext_shared": "another organisation reads it now, and logs are not for them. Watch from another channel",
    "is_archived": "it is archived. Unarchive it, or watch from another channel",
    "not_in_channel": "I am not in it any more. Invite me again with /invite @joblogs",
    "channel_not_found": "I cannot see it any more. Invite me again with /invite @joblogs, or watch elsewhere",
    "restricted_action": "only some people may post there. Let me post, or watch from another channel",
}


def _channel_shut(content: DirectContent) -> Message:
    """`payload` has the channel and Slack's code."""
    channel, code = str(content.payload["channel"]), str(content.payload["code"])
    why = _SHUT.get(code, f"Slack refuses it ({code}). Whoever runs the bot can find out with joblogs check")
    tail = ". What there is to say waits, and is posted when that is mended."
    line = [
        rich.text("I cannot post in "),
        rich.channel(channel),
        rich.text(f", which you let watch: {why}{tail}"),
    ]
    text = f"I cannot post in <#{channel}>, which you let watch: {escape(why)}{tail}"
    return {"text": text, "blocks": [rich.block(rich.section(*line))]}
