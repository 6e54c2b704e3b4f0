// Comforts of the admin pages; each works without them.
document.documentElement.dataset.js = "";

const say = document.createElement("p");
say.className = "c-hide";
say.setAttribute("role", "status");
document.body.append(say);

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      return; // refused: the text beside the button can be selected
    }
    button.dataset.copied = "";
    say.textContent = button.dataset.done;
    setTimeout(() => {
      delete button.dataset.copied;
      say.textContent = "";
    }, 1500);
  }
  for (const menu of document.querySelectorAll("details.a-menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    for (const menu of document.querySelectorAll("details.a-menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  }
  const search = document.querySelector("[data-search]");
  if (event.key === "/" && search && !event.target.closest("input, textarea, select")) {
    event.preventDefault();
    search.focus();
  }
});

// A filter acts when it is chosen; its button is for those without script.
document.addEventListener("change", (event) => {
  if (event.target.matches("form[data-auto] select")) event.target.form.requestSubmit();
});

// A page that waits for somebody else asks again, unless something is being typed.
const pause = Number(document.body.dataset.refresh);
if (pause > 0) {
  let typed = false;
  document.addEventListener("input", () => (typed = true));
  const again = () => {
    const field = document.activeElement?.matches("input, textarea, select");
    if (typed || field || document.hidden || document.querySelector("details.a-menu[open]")) setTimeout(again, pause * 1000);
    else location.replace(location.href.split("#")[0]);
  };
  setTimeout(again, pause * 1000);
}

// What is folded away belongs on paper.
addEventListener("beforeprint", () => {
  for (const fold of document.querySelectorAll("main details:not([open])")) {
    fold.open = true;
    fold.dataset.printed = "";
  }
});
addEventListener("afterprint", () => {
  for (const fold of document.querySelectorAll("details[data-printed]")) {
    fold.open = false;
    delete fold.dataset.printed;
  }
});
