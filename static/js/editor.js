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

form?.addEventListener("input", () => {
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
