"""Rules that users declare in TOML: conditions over published features and other rules' alerts, within a window.

`features` publishes what a condition can be about, `definition` reads the TOML, `memory` is what a lane remembers of a
symbol, `minutes` counts what happens between two turns of a minute, `watcher` says when all conditions hold, `story`
tells it. Conditions are looked at when a bar closes, when a minute of order flow ends and when another rule finds
something, in the order of events: never by batch, and not by event.
"""
