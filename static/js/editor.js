// The editor saves while somebody types, and turns the preview. Without this
// script its Save button does the same.
const form = document.querySelector("form[data-editor]");
const frame = document.querySelector("iframe[name=preview]");
const saved = document.getElementById("saved");
let timer;
let busy = false;
let again = false;

async function save() {
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  again = false;
  const body = new URLSearchParams(new FormData(form));
  body.set("do", "save");
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
    if (answer.ok) {
      const { revision } = await answer.json();
      for (const field of document.querySelectorAll("input[name=revision]")) field.value = revision;
      saved.textContent = form.dataset.saySaved;
      frame?.contentWindow.location.reload();
    } else if (answer.status === 409) {
      saved.textContent = form.dataset.sayConflict;
      return; // the Save button shows both what to do and what was typed
    }
  } catch {
    // Offline: the next change or the Save button tries again.
  } finally {
    busy = false;
  }
  if (again) save();
}

// One language at a time. What leads to a text of another one, such as a link of
// what was found, turns to that; the preview goes along.
const tongues = form?.querySelectorAll('input[name="in"]') ?? [];

function speak(lang) {
  const to = (address) => {
    const url = new URL(address);
    url.searchParams.set("lang", lang);
    return url.href;
  };
  for (const link of document.querySelectorAll(".a-look a")) link.href = to(link.href);
  for (const field of document.querySelectorAll('.a-send input[name="in"]')) field.value = lang;
  const seen = frame?.contentWindow.location;
  if (seen?.protocol.startsWith("http")) seen.replace(to(seen.href));
}

function reveal() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let part = target && target.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
  const tongue = tongues[target && form.contains(target) ? target.closest("[data-in]")?.dataset.in : undefined];
  if (!tongue || tongue.checked) return;
  tongue.checked = true;
  speak(tongue.value);
  target.scrollIntoView();
  target.focus();
}

if (form) form.dataset.live = ""; // the style shows no second language for the address's sake
for (const tongue of tongues) tongue.addEventListener("change", () => speak(tongue.value));
document.addEventListener("click", (event) => {
  if (event.target.closest('a[href*="#"]')) setTimeout(reveal);
});
addEventListener("hashchange", reveal);

// Parts that were opened or closed by hand are so when the page comes again, but
// for those with an error.
const place = form && `parts ${form.getAttribute("action")}`;
let hand = {};
try {
  hand = JSON.parse(sessionStorage.getItem(place)) ?? {};
} catch {
  // Kept by nobody: they open as the page has them.
}
for (const part of form?.querySelectorAll("details.a-part") ?? []) {
  const was = hand[part.id];
  if (was !== undefined && !part.querySelector(".c-error")) part.open = was;
  part.firstElementChild.addEventListener("click", () => {
    hand[part.id] = !part.open; // the click turns it
    try {
      sessionStorage.setItem(place, JSON.stringify(hand));
    } catch {
      // As above.
    }
  });
}
reveal();

form?.addEventListener("input", (event) => {
  if (event.target.name === "in" || event.target.form !== form) return; // nothing was typed
  clearTimeout(timer);
  timer = setTimeout(save, 900);
});
form?.addEventListener("submit", (event) => {
  clearTimeout(timer);
  if (busy) {
    // The save under way would make this one stale: wait for it.
    event.preventDefault();
    const by = event.submitter;
    const wait = setInterval(() => {
      if (!busy) {
        clearInterval(wait);
        form.requestSubmit(by);
      }
    }, 50);
  }
});
