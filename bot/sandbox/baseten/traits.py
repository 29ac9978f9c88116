"""What the API description leaves open, as choices: a client has to survive each of them."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """The server's habits. The defaults are the likeliest reading of the API description.

    Attributes:
        end_inclusive: whether a line stamped exactly at the window's end (to the nanosecond) belongs to it.
        default_direction: the order when none is asked for. The official command line gets the newest lines
            when it asks for no direction and no page, hence ``desc``.
        ignores_direction: `default_direction` whatever is asked for.
        stamp: how a line's timestamp is spelled; the description says a string of nanoseconds.
        drops_fields: optional fields of a line that are absent, as in older samples (``level``, ``request_id``).
        get_logs: False answers GET with 405: only the deprecated POST form is there.
        shuffles_metrics: samples of a series in no order.
        rate_limit: requests per second for each key and endpoint.
    """

    end_inclusive: bool = False
    default_direction: Literal["asc", "desc"] = "desc"
    ignores_direction: bool = False
    stamp: Literal["ns_string", "ns_int", "rfc3339"] = "ns_string"
    drops_fields: tuple[str, ...] = ()
    get_logs: bool = True
    shuffles_metrics: bool = False
    rate_limit: int = 100
