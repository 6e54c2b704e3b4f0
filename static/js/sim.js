// The phone: sends without leaving the page, Enter sends, the newest message
// is in sight. live.js brings what arrives.
const toEnd = () => {
  const log = document.querySelector("[data-log]");
  if (log) log.scrollTop = log.scrollHeight;
};
toEnd();
new MutationObserver(toEnd).observe(document.body, { childList: true, subtree: true });

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.target.matches("[data-enter]")) {
    event.preventDefault();
    event.target.form.requestSubmit();
  }
});

// An open menu closes on Escape and on a press elsewhere.
const menus = () => document.querySelectorAll("details.s-menu[open], details.s-mend[open]");
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
document.addEventListener("click", (event) => {
  for (const menu of menus()) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

// What could not be done is told once: the address becomes that of the page
// itself, so that it can turn, and be loaded again, without doing it again.
const here = document.querySelector("[data-here]")?.dataset.here;
if (here) history.replaceState(null, "", here);

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form[data-quiet]")) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form, event.submitter));
  const text = form.querySelector("textarea");
  try {
    const answer = await fetch(form.action, { method: "POST", body });
    if (!answer.ok) throw new Error(String(answer.status));
  } catch {
    form.removeAttribute("data-quiet");
    form.requestSubmit(event.submitter); // let the browser show what is wrong
    return;
  }
  if (text) {
    text.value = "";
    text.focus();
  }
  document.dispatchEvent(new Event("assent:refresh"));
});

// On a telephone this would raise the keyboard over the chat.
if (matchMedia("(pointer: fine)").matches) document.querySelector("[data-focus], [aria-invalid], [data-enter]")?.focus();
