/* Assent's form on any page, version 2. Frozen: these bytes never change.
   <script src="https://HOST/embed/v2/assent.js" data-funnel="SLUG"></script> or
   <assent-form funnel="SLUG"></assent-form>; all of it in docs/embed.md. It makes
   no global, sets no cookie and keeps what it needs of the page's own objects
   before other scripts can change them. What it shows comes from the server.
   Beyond version 1 it does the proof of work that a funnel may ask for. */
(() => {
  "use strict";
  const doc = document;
  const own = doc.currentScript || doc.querySelector('script[src*="/embed/v2/assent.js"]');
  const bind = Function.prototype.bind;
  const callable = bind.bind(Function.prototype.call);
  const method = (type, name) => callable(type.prototype[name]);
  const setter = (type, name) => callable(Object.getOwnPropertyDescriptor(type.prototype, name).set);
  const getter = (type, name) => callable(Object.getOwnPropertyDescriptor(type.prototype, name).get);
  const { XMLHttpRequest: XHR, FormData: Data, CSSStyleSheet: Sheet, CustomEvent: Told, HTMLElement: Base, Map: M, URL: Address, Uint8Array: Bytes } = window;
  const error = console.error.bind(console);
  const later = setTimeout.bind(window), never = clearTimeout.bind(window);
  const escape = encodeURIComponent;
  const open = method(XHR, "open"), send = method(XHR, "send"), head = method(XHR, "setRequestHeader");
  const response = getter(XHR, "response"), status = getter(XHR, "status"), kind = setter(XHR, "responseType");
  const on = method(EventTarget, "addEventListener"), fire = method(EventTarget, "dispatchEvent");
  const get = method(Element, "getAttribute"), set = method(Element, "setAttribute"), unset = method(Element, "removeAttribute"), has = method(Element, "hasAttribute");
  const up = method(Element, "closest"), shadow = method(Element, "attachShadow"), before = method(Element, "before"), after = method(Element, "after"), remove = method(Element, "remove");
  const inRoot = method(DocumentFragment, "querySelectorAll"), inDoc = method(Document, "querySelectorAll"), inElement = method(Element, "querySelectorAll");
  const fill = method(DocumentFragment, "replaceChildren"), append = method(Element, "append");
  const make = bind.call(Document.prototype.createElement, doc), adopt = bind.call(Document.prototype.adoptNode, doc);
  const say = setter(Node, "textContent"), read = getter(Node, "textContent"), focus = method(Base, "focus"), entries = method(Data, "forEach");
  const replace = method(String, "replace"), split = method(String, "split"), codeAt = method(String, "charCodeAt"), hex = method(Number, "toString");
  const sheetText = Sheet.prototype.replaceSync && method(Sheet, "replaceSync");
  const known = method(M, "get"), keep = method(M, "set"), halt = method(Event, "preventDefault");
  const hidden = getter(Document, "hidden");
  const { parse } = JSON, { now } = Date, encode = btoa.bind(window);
  const subtle = window.crypto && crypto.subtle; // only where the page is secure
  const importKey = subtle && bind.call(subtle.importKey, subtle), deriveBits = subtle && bind.call(subtle.deriveBits, subtle);
  const here = location.origin;
  const home = own ? new Address(own.src).origin : here;
  const sheets = new M();

  const call = (verb, url, type, body, done) => {
    const x = new XHR();
    open(x, verb, url);
    kind(x, type);
    if (body) head(x, "Content-Type", "application/json");
    on(x, "loadend", () => done(status(x), response(x)));
    send(x, body);
  };

  // Text as JSON. JSON.stringify asks objects how they want to be written, and
  // old libraries answer.
  const quote = (text) => '"' + replace(text, /[\\"\u0000-\u001f\ud800-\udfff]/g, (c) => "\\u" + replace("000" + hex(codeAt(c, 0), 16), /^0*(?=.{4}$)/, "")) + '"';
  const written = (form, proof) => {
    const names = [], values = [];
    if (proof) {
      names[0] = "altcha";
      values[0] = quote(proof);
    }
    entries(new Data(form), (value, name) => {
      let i = 0;
      while (i < names.length && names[i] !== name) i++;
      values[i] = (i < names.length ? values[i] + "," : "") + quote(value);
      names[i] = name;
    });
    let out = "";
    for (let i = 0; i < names.length; i++) out += (i ? "," : "{") + quote(names[i]) + ":[" + values[i] + "]";
    return (out || "{") + "}";
  };
  const each = (list, act) => {
    for (let i = 0; i < list.length; i++) act(list[i]);
  };
  const styled = (url, done) => {
    const had = known(sheets, url);
    if (had) return done(had);
    call("GET", url, "text", null, (code, text) => {
      if (code !== 200) return done();
      const sheet = new Sheet();
      sheetText(sheet, text);
      keep(sheets, url, sheet);
      done(sheet);
    });
  };

  // A proof of work in ALTCHA's form: the counter whose derived key begins as is
  // asked. Where none is found in time, the form is sent without: nothing is
  // refused for that.
  const patience = 20000, fresh = 900000; // how long a person waits, and an answer is good
  const digit = (text, i) => {
    const c = codeAt(text, i);
    return c < 58 ? c - 48 : c - 87;
  };
  const unhex = (text) => {
    const list = new Bytes(text.length / 2);
    for (let i = 0; i < list.length; i++) list[i] = digit(text, 2 * i) * 16 + digit(text, 2 * i + 1);
    return list;
  };
  const inHex = (buffer) => {
    let out = "";
    each(new Bytes(buffer), (b) => { out += "0123456789abcdef"[b >> 4] + "0123456789abcdef"[b & 15]; });
    return out;
  };
  const begins = (text, prefix) => {
    let i = 0;
    while (i < prefix.length && text[i] === prefix[i]) i++;
    return i === prefix.length;
  };
  const solve = async (challenge, until) => {
    const { cost, keyLength, keyPrefix, nonce, salt } = parse(challenge).parameters;
    const first = unhex(nonce), password = new Bytes(first.length + 4), grain = unhex(salt);
    for (let i = 0; i < first.length; i++) password[i] = first[i];
    for (let counter = 0; now() < until; counter++) {
      for (let i = 0; i < 4; i++) password[first.length + i] = counter >>> (24 - 8 * i);
      const key = await importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
      const derived = inHex(await deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: grain, iterations: cost }, key, keyLength * 8));
      if (begins(derived, keyPrefix)) return encode('{"challenge":' + challenge + ',"solution":{"counter":' + counter + ',"derivedKey":"' + derived + '"}}');
    }
    return "";
  };

  class AssentForm extends Base {
    static observedAttributes = ["funnel", "lang"];
    #root; #content; #status; #base; #turn = 0; #request = ""; #timer = 0; #polls = 0; #busy = false; #work = null;

    connectedCallback() {
      if (!this.#root) {
        this.#root = shadow(this, { mode: "open" });
        on(this.#root, "submit", (event) => this.#submit(event));
        on(this.#root, "click", (event) => this.#click(event));
        each(["focusin", "pointerdown"], (name) => on(this.#root, name, () => this.#begin()));
        on(doc, "visibilitychange", () => {
          if (!hidden(doc) && this.#timer) this.#look();
        });
        this.#load();
      } else if (this.#request) this.#wait();
    }

    disconnectedCallback() {
      never(this.#timer);
      this.#timer = 0;
    }

    attributeChangedCallback(name, was, is) {
      if (this.#root && was !== is) this.#load();
    }

    #load() {
      never(this.#timer);
      this.#timer = 0;
      this.#request = "";
      const funnel = get(this, "funnel") || "", server = get(this, "server") || home;
      const lang = get(this, "lang") || get(doc.documentElement, "lang") || "";
      this.#base = server;
      this.#show(server + "/embed/" + escape(funnel) + "/form" + (lang && "?lang=" + escape(lang)), false, (code) => {
        const why = code === 403 ? here + " may not show the funnel “" + funnel + "”. Allow it at " + server + "/admin/funnels/" + escape(funnel) + "/embed" :
          code ? "the funnel “" + funnel + "” was answered with " + code :
          server + " cannot be reached. Does this page's Content-Security-Policy name it in connect-src?";
        error("Assent: " + why);
        set(this, "data-error", code === 403 ? "origin" : code ? "" + code : "unreachable");
        const slot = make("slot"), link = make("a"), landing = server + "/f/" + escape(funnel);
        set(link, "href", landing);
        set(link, "target", "_blank");
        set(link, "rel", "noopener");
        set(link, "part", "link");
        say(link, get(this, "data-label") || landing);
        append(slot, link);
        fill(this.#root, slot);
      });
    }

    // show fetches a part and puts it into the root once its sheets are there.
    #show(url, focused, failed) {
      const turn = ++this.#turn;
      call("GET", url, "document", null, (code, page) => {
        if (turn !== this.#turn) return;
        const content = page && inDoc(page, ".e-root")[0];
        if (code !== 200 || !content) return failed && failed(code);
        const ready = [];
        let missing = 1, count = 0;
        const one = () => {
          if (!--missing && turn === this.#turn) this.#put(content, ready, focused);
        };
        each(inDoc(page, 'link[rel="stylesheet"]'), (link) => {
          const i = count++;
          missing++;
          if (sheetText) styled(link.href, (sheet) => { ready[i] = sheet; one(); });
          else { ready[i] = link.href; one(); }
        });
        one();
      });
    }

    #put(content, ready, focused) {
      const root = this.#root;
      this.#content = adopt(content);
      each(split(get(this.#content, "data-parts") || "", ";"), (pair) => {
        const [part, selector] = split(pair, "=");
        if (selector) each(inElement(this.#content, selector), (e) => set(e, "part", part));
      });
      set(this.#content, "part", "root");
      this.#status ||= make("p");
      set(this.#status, "class", "c-hide");
      set(this.#status, "role", "status");
      fill(root, this.#content, this.#status);
      if (sheetText) {
        const list = [];
        each(ready, (sheet) => { if (sheet) list[list.length] = sheet; });
        root.adoptedStyleSheets = list;
      } else {
        each(ready, (url) => {
          const link = make("link");
          set(link, "rel", "stylesheet");
          set(link, "href", url);
          before(this.#content, link);
        });
      }
      unset(this, "data-error");
      const heading = inElement(this.#content, "h2")[0];
      if (heading && focused) {
        set(heading, "tabindex", "-1");
        focus(heading);
      }
      if (!this.#request) return;
      if (heading && !focused) say(this.#status, read(heading));
      if (has(this.#content, "data-confirmed")) this.#tell("assent:confirmed");
    }

    #tell(name) {
      fire(this, new Told(name, { bubbles: true, composed: true, detail: { request: this.#request } }));
    }

    #submit(event) {
      halt(event);
      if (this.#busy) return;
      this.#busy = true;
      const form = event.target;
      if (!has(form, "data-sign-up")) {
        call("POST", get(form, "action"), "", null, () => {
          this.#busy = false;
          this.#step(true);
        });
        return;
      }
      const button = inElement(form, "[type='submit']")[0], turn = this.#turn;
      if (button) set(button, "aria-busy", "true");
      this.#worked((proof) => {
        if (turn !== this.#turn) { // another form stands there by now
          this.#busy = false;
          return;
        }
        call("POST", this.#base + "/embed/" + escape(get(this, "funnel")), "json", written(form, proof), (code, answer) => {
          this.#busy = false;
          if (button) unset(button, "aria-busy");
          if (code !== 201 || !answer) return this.#problem(form, answer || { detail: get(this.#content, "data-offline") });
          this.#request = answer.request;
          this.#tell("assent:submitted");
          this.#step(true);
        });
      });
    }

    // begin starts the work that the form asks for, if it does: when somebody comes
    // to it, so that it is done when they are.
    #begin() {
      const form = subtle && this.#content && inElement(this.#content, "[data-challenge]")[0];
      if (!form || this.#work && now() - this.#work.began < fresh) return;
      const work = this.#work = { began: now(), proof: null, told: null };
      call("GET", this.#base + get(form, "data-challenge"), "text", null, async (code, text) => {
        let proof = "";
        try {
          if (code === 200) proof = await solve(text, work.began + 3 * patience);
        } catch {} // sent without
        work.proof = proof;
        if (work.told) work.told();
      });
    }

    // worked hands over the proof, or nothing where there is none in time. It holds
    // for one form.
    #worked(done) {
      this.#begin();
      const work = this.#work;
      this.#work = null;
      if (!work) return done("");
      let over = false;
      const end = () => {
        if (over) return;
        over = true;
        done(work.proof || "");
      };
      if (work.proof !== null) return end();
      work.told = end;
      later(end, patience);
    }

    #step(focused) {
      this.#polls = 0;
      this.#show(this.#base + "/r/" + this.#request + "/step", focused);
      this.#wait();
    }

    // wait looks again soon, and less often the longer it takes.
    #wait() {
      never(this.#timer);
      this.#timer = later(() => this.#look(), this.#polls++ < 60 ? 2000 : 10000);
    }

    #look() {
      if (hidden(doc)) return this.#wait();
      const request = this.#request;
      call("GET", this.#base + "/r/" + request + "/state", "json", null, (code, answer) => {
        if (request !== this.#request || !this.#timer) return;
        const state = code === 200 && answer && answer.state, shown = get(this.#content, "data-request");
        if (state && state !== shown) this.#show(this.#base + "/r/" + request + "/step", false);
        if (code === 404 || state === shown && (state === "confirmed" || state === "closed")) this.#timer = 0;
        else this.#wait();
      });
    }

    #click(event) {
      const link = event.target && up(event.target, "a[data-go]");
      if (!link) return;
      halt(event);
      if (get(link, "data-go")) {
        const to = inRoot(this.#root, "[id='" + get(link, "data-go") + "']")[0];
        if (to) focus(to);
      } else this.#load();
    }

    // problem says what is wrong with the form, over it and at each field.
    #problem(form, problem) {
      each(inElement(this.#content, "[data-problem]"), (e) => remove(e));
      each(inElement(this.#content, "[data-wrong]"), (e) => {
        unset(e, "aria-invalid");
        unset(e, "data-wrong");
        const hint = get(e, "id") + "-hint";
        if (inRoot(this.#root, "[id='" + hint + "']")[0]) set(e, "aria-describedby", hint);
        else unset(e, "aria-describedby");
      });
      const box = make("div"), title = make("p"), list = make("ul");
      set(box, "class", "c-flash c-flash--stop");
      set(box, "part", "problem");
      set(box, "role", "alert");
      set(box, "tabindex", "-1");
      set(box, "data-problem", "");
      say(title, problem.detail || problem.title || "");
      append(box, title);
      each(problem.errors || [], (e) => {
        const item = make("li"), link = make("a"), at = make("p");
        set(link, "href", "#" + e.field);
        set(link, "data-go", e.field);
        say(link, e.detail);
        append(item, link);
        append(list, item);
        const field = inRoot(this.#root, "[id='" + e.field + "']")[0];
        if (!field) return;
        const hint = inRoot(this.#root, "[id='" + e.field + "-hint']")[0];
        set(at, "class", "c-error");
        set(at, "part", "error");
        set(at, "id", e.field + "-error");
        set(at, "data-problem", "");
        say(at, e.detail);
        set(field, "data-wrong", "");
        set(field, "aria-describedby", (hint ? e.field + "-hint " : "") + e.field + "-error");
        const legend = inElement(field, "legend")[0], label = up(field, "label");
        if (legend) {
          set(field, "tabindex", "-1");
          after(legend, at);
          return;
        }
        set(field, "aria-invalid", "true");
        if (label) after(label, at);
        else before(field, at);
      });
      if (list.firstChild) append(box, list);
      before(form, box);
      focus(box);
    }
  }

  if (!customElements.get("assent-form")) customElements.define("assent-form", AssentForm);

  // The tag itself names a funnel: its form stands where the tag stands.
  const funnel = own && get(own, "data-funnel");
  if (funnel && own === doc.currentScript) {
    const form = make("assent-form");
    set(form, "funnel", funnel);
    set(form, "server", home);
    each(["lang", "theme"], (name) => has(own, "data-" + name) && set(form, name, get(own, "data-" + name)));
    if (has(own, "data-label")) set(form, "data-label", get(own, "data-label"));
    if (up(own, "head")) error("Assent: the script tag with data-funnel stands in <head>. Put it where the form is to be.");
    else after(own, form);
  }
})();
