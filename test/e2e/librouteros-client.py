"""Drives a router with python3-librouteros, an API client that knows nothing of Fairlead.

Usage: librouteros-client.py PORT USER PASSWORD COMMENT MARK
Prints what it found as one JSON object.
"""

import json
import sys

import librouteros
from librouteros.exceptions import MultiTrapError, TrapError
from librouteros.query import Key

port, user, password, comment, mark = sys.argv[1:]


def log_in(secret):
    return librouteros.connect(
        host="127.0.0.1", port=int(port), username=user, password=secret, timeout=5
    )


def trap_of(action):
    try:
        action()
    except (TrapError, MultiTrapError) as trap:
        return str(trap)
    return None


api = log_in(password)
mangle = api.path("ip", "firewall", "mangle")
id_key, comment_key, mark_key = Key(".id"), Key("comment"), Key("new-routing-mark")


def steering_rules():
    return list(mangle.select(id_key, mark_key).where(comment_key == comment))


before = steering_rules()
mangle.update(**{".id": before[0][".id"], "new-routing-mark": mark})
after = steering_rules()
refused_mark = trap_of(
    lambda: mangle.update(**{".id": before[0][".id"], "new-routing-mark": "nowhere"})
)
monitor = api.path("tool", "traffic-monitor")
added = monitor.add(name="LB1", interface="ether1", threshold="10000000")
monitors = [entry["name"] for entry in monitor]
monitor.remove(added)


def own_rules():
    own = comment_key == "librouteros"
    return [rule["chain"] for rule in mangle.select(Key("chain")).where(own)]


rule = mangle.add(
    **{
        "chain": "forward",
        "action": "mark-packet",
        "new-packet-mark": "seen",
        "comment": "librouteros",
        "place-before": after[0][".id"],
    }
)
rules_added = own_rules()
mangle.remove(rule)
removed_twice = trap_of(lambda: mangle.remove(rule))

# An item of each menu that comes and goes: its path, its properties, and one of them that changes.
MENUS = [
    ("tool/netwatch", {"host": "192.0.2.1", "comment": "seen"}, {"comment": "changed"}),
    ("system/scheduler", {"name": "nightly", "interval": "1d"}, {"interval": "2d"}),
    ("system/script", {"name": "note", "source": ":log info x"}, {"source": ":log info y"}),
    ("ip/firewall/address-list", {"list": "LAN", "address": "192.0.2.0/24"}, {"list": "WAN"}),
    ("ip/firewall/nat", {"chain": "srcnat", "action": "masquerade"}, {"comment": "x"}),
    ("ip/route", {"dst-address": "192.0.2.0/24", "gateway": "198.51.100.1"}, {"distance": "9"}),
    ("ip/traffic-flow/target", {"dst-address": "192.0.2.9"}, {"port": "2056"}),
]


def edit(menu, properties, change):
    """What an item is after it was added and after it was changed, and whether it is gone at last."""
    path = api.path(*menu.split("/"))

    def shown(names):
        found = [entry for entry in path if entry[".id"] == item]
        return [{name: str(entry.get(name)) for name in names} for entry in found]

    item = path.add(**properties)
    added = shown(properties)
    path.update(**{".id": item, **change})
    changed = shown(change)
    path.remove(item)
    return [added == [properties], changed == [change], shown(properties) == []]


print(
    json.dumps(
        {
            "interfaces": [entry["name"] for entry in api.path("interface")],
            "before": [rule["new-routing-mark"] for rule in before],
            "after": [rule["new-routing-mark"] for rule in after],
            "monitors": monitors,
            "monitorsLeft": len(list(monitor)),
            "rulesAdded": rules_added,
            "rulesLeft": own_rules(),
            "removedTwice": removed_twice,
            "edited": {menu: edit(menu, *rest) for menu, *rest in MENUS},
            "badAction": trap_of(lambda: mangle.add(chain="forward", action="fly")),
            "refusedMark": refused_mark,
            "badMenu": trap_of(lambda: list(api.path("no", "such", "menu"))),
            "badPassword": trap_of(lambda: log_in("wrong")),
        }
    )
)
api.close()
