// A stream of events that is open only while the page can be seen: a browser opens six connections to one host.

const state = document.getElementById("link-state");

function say(what, words) {
  state.hidden = false;
  state.dataset.state = what;
  if (state.textContent !== words) state.textContent = words;
}

export function onceVisible(address, handlers) {
  let source = null;
  let last = new URL(address, location).searchParams.get("since") ?? "";

  function open() {
    const from = new URL(address, location);
    if (last) from.searchParams.set("since", last);
    source = new EventSource(from);
    source.onopen = () => say("live", "Live");
    source.onerror = () => say("lost", "Reconnecting");
    for (const [name, handle] of Object.entries(handlers)) {
      source.addEventListener(name, (event) => {
        if (event.lastEventId) last = event.lastEventId;
        handle(JSON.parse(event.data));
      });
    }
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      source?.close();
      source = null;
    } else if (!source) {
      open();
    }
  });
  addEventListener("pagehide", () => source?.close());
  if (!document.hidden) open();
}
