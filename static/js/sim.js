// The phone: sends without leaving the page, Enter sends, the newest message
// is in sight, a slash shows the commands. live.js brings what arrives.
const field = () => document.querySelector("[data-enter]");

// The log stays at its end, or where somebody has scrolled to.
let top = Infinity;
const place = () => {
  const log = document.querySelector("[data-log]");
  if (log) log.scrollTop = Math.min(top, log.scrollHeight);
};
place();
new MutationObserver(place).observe(document.body, { childList: true, subtree: true });
document.addEventListener("scroll", ({ target }) => {
  if (!target.matches?.("[data-log]")) return;
  top = target.scrollTop + target.clientHeight < target.scrollHeight - 24 ? target.scrollTop : Infinity;
}, true);

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.target.matches("[data-enter]")) {
    event.preventDefault();
    event.target.form.requestSubmit();
  }
});

// An open menu closes on Escape and on a press elsewhere, and comes into sight.
const menus = () => document.querySelectorAll("details:is(.s-menu, .s-about, .s-attach, .s-commands)[open]");
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus()) {
    menu.open = false;
    (menu.id === "commands" ? field() : menu.querySelector("summary")).focus();
  }
});
document.addEventListener("click", (event) => {
  for (const menu of menus()) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("toggle", ({ target }) => {
  if (target.open && target.matches(".s-about")) target.lastElementChild.scrollIntoView({ block: "nearest" });
}, true);

// A slash shows the commands that go on like what is typed; the arrows go through them.
const offered = (menu) => [...menu.querySelectorAll("button")].filter((one) => !one.hidden);
document.addEventListener("input", (event) => {
  const menu = document.getElementById("commands");
  if (!menu || event.target !== field()) return;
  const typed = event.target.value.toLowerCase();
  const slash = typed.startsWith("/");
  for (const one of menu.querySelectorAll("button")) one.hidden = slash && !one.value.toLowerCase().startsWith(typed);
  menu.open = slash && offered(menu).length > 0;
});
document.addEventListener("keydown", (event) => {
  const menu = document.querySelector("#commands[open]");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!menu || !step || (event.target !== field() && !menu.contains(event.target))) return;
  event.preventDefault();
  const list = offered(menu);
  const at = list.indexOf(event.target);
  list.at(at < 0 ? Math.min(step, 0) : (at + step) % list.length)?.focus();
});

// What could not be done is told once: the address becomes that of the page
// itself, so that it can turn, and be loaded again, without doing it again.
const here = document.querySelector("[data-here]")?.dataset.here;
if (here) history.replaceState(null, "", here);

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form[data-quiet]") || event.submitter?.hasAttribute("formaction")) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form, event.submitter));
  try {
    const answer = await fetch(form.action, { method: "POST", body });
    if (!answer.ok) throw new Error(String(answer.status));
  } catch {
    form.removeAttribute("data-quiet");
    form.requestSubmit(event.submitter); // let the browser show what is wrong
    return;
  }
  done(form);
  document.dispatchEvent(new Event("assent:refresh"));
});

// done puts away what a form was opened for; the page may have turned meanwhile.
function done(form) {
  const menu = document.getElementById(form.closest("details")?.id);
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
  const text = field();
  if (form.elements.act?.value !== "send") return;
  for (const once of text.form.querySelectorAll("[data-once]")) once.remove();
  for (const open of menus()) open.open = false;
  text.value = "";
  text.focus();
  top = Infinity;
  history.replaceState(null, "", form.elements.next.value); // without the text and the reply
}

// On a telephone this would raise the keyboard over the chat.
if (matchMedia("(pointer: fine)").matches) (document.querySelector("[data-focus], [aria-invalid]") ?? field())?.focus();
