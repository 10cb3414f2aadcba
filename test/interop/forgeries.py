"""Runs the table of forgeries through the Python example, and storms of unknown keys. The table comes on stdin."""

import json
import os
import sys
import threading
import time

table = json.load(sys.stdin)
clock = {"now": table["now"], "set": 0}
# What runs steadily, and what can be set: the example takes its clocks when it is loaded.
time.monotonic, time.time = lambda: clock["now"], lambda: clock["now"] + clock["set"]

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../examples/origins/python"))
from keygate_origin import AssertionRefused, IssuerKeys, Verifier  # noqa: E402

state = {"fetches": 0, "up": True}


def fetch(_url):
    state["fetches"] += 1
    if not state["up"]:
        raise OSError("down")
    return json.dumps(table["jwks"])


def code_of(call, *arguments):
    try:
        call(*arguments)
        return "found"
    except AssertionRefused as refused:
        return refused.code


def fresh_keys(up=True):
    state.update(fetches=0, up=up)
    return IssuerKeys(table["issuer"], fetch=fetch)


used = set()


def seen(jti):
    known = jti in used
    used.add(jti)
    return known


verifier = Verifier(table["issuer"], table["audience"], keys=fresh_keys(), seen=seen)
verdicts = []
for case in table["cases"]:
    code = code_of(verifier.verify, case["method"], case["target"], case["assertion"])
    verdicts.append(f"{case['name']}: {'accepted' if code == 'found' else code}")

keys = fresh_keys()
storm = {"codes": [code_of(keys.find, f"unknown-{n}") for n in range(1000)], "fetches": state["fetches"]}
clock["now"] += 31
later = {"code": code_of(keys.find, "unknown"), "fetches": state["fetches"]}

keys = fresh_keys(up=False)
down = {"codes": [code_of(keys.find, "key-1") for _ in range(1000)], "fetches": state["fetches"]}

keys = fresh_keys()
keys.find("key-1")
state["up"] = False
clock["now"] += 299
stale = {"within": code_of(keys.find, "key-1")}
clock["now"] += 2
stale["after"] = code_of(keys.find, "key-1")

keys = fresh_keys()
keys.find("key-1")
clock["now"] += 301
clock["set"] = -3600
state["up"] = False
stepped = {"code": code_of(keys.find, "key-1")}
clock["set"] = 0

hang = {"begun": threading.Event(), "end": threading.Event(), "ended": False, "fetches": 0}


def fetch_that_hangs(_url):
    hang["fetches"] += 1
    hang["begun"].set()
    hang["end"].wait(5)
    hang["end"].set()
    clock["now"] += 5
    hang["ended"] = True
    raise OSError("timed out")


keys = fresh_keys()
keys.find("key-1")
keys._fetch = fetch_that_hangs
clock["now"] += 200
hanging = {"codes": [code_of(keys.find, "key-1") for _ in range(100)], "waited": hang["ended"]}
hang["begun"].wait(5)
hang["end"].set()
hanging["codes"] += [code_of(keys.find, "unknown") for _ in range(100)]
hanging["fetches"] = hang["fetches"]

results = {"verdicts": verdicts, "storm": storm, "later": later, "down": down, "stale": stale}
print(json.dumps({**results, "stepped": stepped, "hanging": hanging}))
