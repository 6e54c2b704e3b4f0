// A proof of work in ALTCHA's form, before a form with data-challenge is sent.
// The work begins when somebody comes to the form, so that it is done when they
// are. Where it cannot be done (no secure context, an old browser, no network),
// the form is sent without it: the server refuses nothing for that.
const patience = 20_000; // how long a person waits, in milliseconds
const fresh = 15 * 60_000; // how long an answer is good

const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (h) => parseInt(h, 16));
const hex = (buffer) => Array.from(new Uint8Array(buffer), (b) => b.toString(16).padStart(2, "0")).join("");

async function solve(challenge, alive) {
  const { cost, keyLength, keyPrefix, nonce, salt } = challenge.parameters;
  const head = bytes(nonce);
  const password = new Uint8Array(head.length + 4);
  password.set(head);
  const view = new DataView(password.buffer);
  for (let counter = 0; alive(); counter++) {
    view.setUint32(head.length, counter);
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    const derivedKey = hex(await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: bytes(salt), iterations: cost }, key, keyLength * 8));
    if (derivedKey.startsWith(keyPrefix)) return btoa(JSON.stringify({ challenge, solution: { counter, derivedKey } }));
  }
  throw new Error("too slow");
}

async function work(address, alive) {
  const answer = await fetch(address, { cache: "no-store" });
  if (!answer.ok) throw new Error(answer.status);
  return solve(await answer.json(), alive);
}

for (const form of document.querySelectorAll("form[data-challenge]")) {
  let under = null;
  let began = 0;
  let leaving = false;
  let waiting = false;
  const begin = () => {
    if (!under || Date.now() - began > fresh) {
      began = Date.now();
      const until = began + 3 * patience;
      under = work(form.dataset.challenge, () => Date.now() < until).catch(() => "");
    }
    return under;
  };
  if (!globalThis.crypto?.subtle) continue;
  form.addEventListener("focusin", begin);
  form.addEventListener("pointerdown", begin);
  form.addEventListener("submit", async (event) => {
    if (leaving) return;
    event.preventDefault();
    event.stopImmediatePropagation(); // live.js hears of the press that is sent
    if (waiting) return;
    waiting = true;
    const button = form.querySelector("[type=submit]");
    button.setAttribute("aria-busy", "true");
    const proof = await Promise.race([begin(), new Promise((done) => setTimeout(done, patience, ""))]);
    await new Promise((next) => setTimeout(next)); // within the event, a form takes no second submission
    button.removeAttribute("aria-busy");
    let field = form.querySelector("input[name=altcha]");
    if (!field) {
      field = document.createElement("input");
      field.type = "hidden";
      field.name = "altcha";
      form.append(field);
    }
    field.value = proof;
    leaving = true;
    waiting = false;
    under = null;
    form.requestSubmit(event.submitter ?? undefined);
    leaving = false;
  }, true);
}
