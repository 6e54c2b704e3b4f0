// Pages that turn by themselves. An element with data-live names a stream of
// server-sent events; at each event the page is fetched again and the elements
// marked data-live-part are exchanged, by id. Without this script the page asks
// again by itself (a refresh inside noscript).
const doc = document.documentElement;
doc.dataset.js = "";

document.querySelector("[data-focus]")?.focus();

let source;
let polling;
let busy = false;
let again = false;

// served is each part as it came, whatever somebody has opened in it since.
const served = new Map();
for (const part of document.querySelectorAll("[data-live-part]")) served.set(part.id, part.outerHTML);

function exchange(next) {
  const before = document.querySelector("[data-state]")?.dataset.state;
  for (const part of document.querySelectorAll("[data-live-part]")) {
    const fresh = next.getElementById(part.id);
    if (!fresh || fresh.outerHTML === served.get(part.id)) continue;
    served.set(part.id, fresh.outerHTML);
    const keep = held(part);
    part.replaceWith(document.adoptNode(fresh));
    keep();
  }
  const after = document.querySelector("[data-state]")?.dataset.state;
  if (before === after) return;
  document.title = next.title;
  const heading = document.querySelector("[data-live-part] h1");
  const say = document.querySelector("[data-live-say]");
  if (heading && say) say.textContent = heading.textContent;
}

// held remembers what somebody has opened, typed and come to in a part, and returns
// what does the same to the part that takes its place.
function held(part) {
  const open = [...part.querySelectorAll("details[id][open]")].map((one) => one.id);
  const typed = [...part.querySelectorAll("textarea[id]")].filter((one) => one.value !== one.defaultValue);
  const at = part.contains(document.activeElement) ? document.activeElement.id || part.id : "";
  return () => {
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    for (const one of typed) {
      const same = document.getElementById(one.id);
      if (same) same.value = one.value;
    }
    if (at) (document.getElementById(at) ?? document.getElementById(part.id)).focus({ preventScroll: true });
  };
}

async function refresh() {
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  try {
    do {
      again = false;
      const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
      if (answer.ok) exchange(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } while (again);
  } catch {
    // Offline: the next event, or the person's return, tries again.
  } finally {
    busy = false;
    listen();
  }
}

function listen() {
  const url = document.querySelector("[data-live]")?.dataset.live;
  if (!url) {
    source?.close();
    source = undefined;
    clearInterval(polling);
    return;
  }
  if (source || polling) return;
  source = new EventSource(url);
  source.addEventListener("state", refresh);
  source.addEventListener("message", refresh);
  source.addEventListener("error", () => {
    // The browser connects again by itself unless the server has refused.
    if (source?.readyState === EventSource.CLOSED) {
      source = undefined;
      polling = setInterval(refresh, 5000);
    }
  });
}

listen();
document.addEventListener("assent:refresh", refresh);

// Telephones cut streams while another app is in front: look again on return.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible" && document.querySelector("[data-live]")) refresh();
});

// A second press while the first is under way would post twice.
for (const form of document.querySelectorAll("form.p-form")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
  addEventListener("pageshow", () => delete form.dataset.sent);
}
