// The window of a page: shows the HTML the service sends, tells it what people do. No framework; one service, one page.
(() => {
  const page = document.getElementById("page");
  const prefix = document.body.dataset.prefix;
  const root = document.documentElement;
  let bridge = null;
  let waiting = [];
  let counter = 0;
  let charts = [];
  let isLeaving = false;

  // ------------------------------------------------------------ theme
  const system = matchMedia("(prefers-color-scheme: dark)");
  const cookie = (name, value) => {
    document.cookie = `${name}=${value}; path=${prefix || "/"}; max-age=31536000; samesite=lax`;
  };
  const chosenTheme = () => document.body.dataset.theme;
  const showTheme = () => {
    const chosen = chosenTheme();
    root.dataset.theme = chosen === "auto" ? (system.matches ? "dark" : "light") : chosen;
  };
  system.addEventListener("change", showTheme);

  // ------------------------------------------------------------ sending
  const send = (message) => {
    message.id = ++counter;
    if (bridge === null) waiting.push(message);
    else bridge.send(message);
  };
  const act = (what, value = "", form = {}) => {
    if (what === "go") page.classList.add("is-busy");
    send({ do: what, value, form });
  };

  const fields = async (form) => {
    const found = {};
    for (const [name, value] of new FormData(form)) {
      if (value instanceof File) {
        if (value.size === 0) continue;
        found[`${name}.name`] = value.name;
        found[`${name}.data`] = await encoded(value);
      } else if (name in found) found[name] = [].concat(found[name], value);
      else found[name] = value;
    }
    return found;
  };
  const encoded = (file) =>
    new Promise((resolve, reject) => {
      const reader = new FileReader();
      reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
      reader.onerror = () => reject(reader.error);
      reader.readAsDataURL(file);
    });

  // ------------------------------------------------------------ going to pages
  const go = (path, { replaces = false, isBack = false } = {}) => {
    if (!isBack) history[replaces ? "replaceState" : "pushState"](null, "", prefix + path);
    document.body.classList.remove("is-open");
    act("go", path);
  };
  const here = () => location.pathname.slice(prefix.length) + location.search;
  addEventListener("popstate", () => go(here(), { isBack: true }));

  // ------------------------------------------------------------ changing the page, keeping what is the same
  const key = (node) => (node.nodeType === 1 ? node.id || node.dataset.key || "" : "");
  const isAlike = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName && key(a) === key(b);
  const morph = (old, fresh) => {
    if (old.nodeType !== 1) {
      if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
      return;
    }
    if (old.dataset.chart !== undefined) return;
    const isOpen = old.nodeName === "DETAILS" && old.open;
    for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
    for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    if (isOpen) old.open = true;
    if (old.matches("input, select, textarea") && old !== document.activeElement && !old.matches("[type=checkbox].chosen")) {
      if (old.nodeName === "INPUT") old.value = fresh.getAttribute("value") ?? "";
    }
    children(old, fresh);
  };
  const children = (old, fresh) => {
    let at = old.firstChild;
    for (const next of [...fresh.childNodes]) {
      let match = at;
      if (match && !isAlike(match, next) && key(next)) {
        match = [...old.childNodes].find((one) => isAlike(one, next) && key(one) === key(next)) ?? null;
        if (match) old.insertBefore(match, at);
      }
      if (match && isAlike(match, next)) {
        morph(match, next);
        at = match.nextSibling;
      } else old.insertBefore(next, at);
    }
    while (at) {
      const gone = at;
      at = at.nextSibling;
      gone.remove();
    }
  };

  const showPage = ({ html, title, place, is_new }) => {
    const fresh = document.createElement("main");
    fresh.innerHTML = html;
    if (is_new) {
      page.replaceChildren(...fresh.childNodes);
      scrollTo(0, 0);
      document.getElementById("toasts").setAttribute("data-page", title);
      page.focus({ preventScroll: true });
    } else children(page, fresh);
    document.title = `${title} · Workflow`;
    for (const link of document.querySelectorAll(".side a[data-place]"))
      link.dataset.place === place ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current");
    page.classList.remove("is-busy");
    placeCharts(charts);
  };

  const placeCharts = (found) => {
    charts = found ?? [];
    for (const slot of page.querySelectorAll("[data-chart]")) {
      const chart = charts[Number(slot.dataset.chart)];
      if (chart && chart.parentElement !== slot) slot.replaceChildren(chart);
    }
  };

  // ------------------------------------------------------------ dialogs, toasts, files
  const dialog = document.getElementById("dialog");
  const showDialog = (html) => {
    const focus = dialog.open ? document.activeElement?.name : null;
    dialog.innerHTML = html;
    dialog.className = dialog.firstElementChild?.dataset.size ?? "";
    const heading = dialog.querySelector("h2");
    if (heading) {
      heading.id = "dialog-title";
      dialog.setAttribute("aria-labelledby", "dialog-title");
    }
    if (!dialog.open) dialog.showModal();
    (dialog.querySelector(focus ? `[name="${focus}"]` : "[autofocus]") ?? dialog.querySelector("input, select, textarea"))?.focus();
  };
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("close", () => {
    if (!dialog.open) dialog.replaceChildren(); // The event comes late: the next dialog may be there already.
  });

  const toasts = document.getElementById("toasts");
  const toast = ({ text, tone = "good", mend = "" }) => {
    const box = document.getElementById("toast").content.firstElementChild.cloneNode(true);
    box.classList.add(tone);
    box.querySelector("[data-icon=good]").hidden = tone !== "good";
    box.querySelector("[data-icon=bad]").hidden = tone === "good";
    box.querySelector("strong").textContent = text;
    box.querySelector("p").textContent = mend;
    box.querySelector("p").hidden = !mend;
    toasts.append(box);
    setTimeout(() => box.remove(), tone === "good" ? 4500 : 12000);
  };

  const refuse = ({ text, mend, code, problems }) => {
    page.classList.remove("is-busy");
    const form = dialog.open ? dialog.querySelector("form") : null;
    if (!form) return toast({ text, tone: "bad", mend: [mend, code].filter(Boolean).join(" · ") });
    for (const old of form.querySelectorAll(".wrong")) old.remove();
    const rest = [];
    for (const { field, text: what } of problems) {
      const name = field.split(".").pop();
      const input = form.querySelector(`[name="${CSS.escape(field)}"], [name="${CSS.escape(name)}"], [name="values.${CSS.escape(name)}"]`);
      if (input) input.closest(".field")?.append(wrong(what));
      else rest.push(what);
    }
    if (!problems.length || rest.length) form.querySelector("footer").before(wrong(rest.join(" ") || [text, mend].filter(Boolean).join(" ")));
  };
  const wrong = (text) => {
    const line = document.createElement("p");
    line.className = "wrong";
    line.setAttribute("role", "alert");
    line.textContent = text;
    return line;
  };

  const download = ({ name, type, data }) => {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([bytes], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };

  const receive = (message) => {
    const kind = message.kind;
    if (kind === "page") showPage(message);
    else if (kind === "toast") toast(message);
    else if (kind === "refused") refuse(message);
    else if (kind === "dialog") showDialog(message.html);
    else if (kind === "close-dialog") dialog.close();
    else if (kind === "download") download(message);
    else if (kind === "go") go(message.path);
    else if (kind === "leave") location.assign(message.url);
    else if (kind === "open") location.assign(prefix + message.path);
    else if (kind === "passkey") makePasskey(message);
    else if (kind === "signed-out") signedOut();
    else if (kind === "done") {
      page.classList.remove("is-busy");
      document.body.dataset.done = message.id;
    }
  };

  const signedOut = () => {
    isLeaving = true;
    location.assign(`${prefix}/sign-in?next=${encodeURIComponent(here())}`);
  };
  const signOut = async () => {
    isLeaving = true;
    const token = document.cookie.match(/(?:^|; )workflow_csrf=([^;]*)/)?.[1] ?? "";
    await fetch(`${prefix}/api/auth/logout`, { method: "POST", headers: { "X-Csrf-Token": decodeURIComponent(token) } });
    location.assign(`${prefix}/sign-in`);
  };

  const callWebhook = async (element) => {
    const form = element.closest("form");
    const shown = form.querySelector("[data-answer]");
    const { method, url } = element.dataset;
    const body = form.elements.body?.value ?? "";
    const hasBody = method !== "GET" && method !== "HEAD";
    try {
      const answer = await fetch(url, hasBody ? { method, body, headers: { "Content-Type": "application/json" } } : { method });
      shown.textContent = `${answer.status} ${answer.statusText}\n${await answer.text()}`;
    } catch (error) {
      shown.textContent = String(error.message ?? error);
    }
    shown.hidden = false;
  };

  const makePasskey = async ({ options, name }) => {
    try {
      const asked = PublicKeyCredential.parseCreationOptionsFromJSON(options);
      const made = await navigator.credentials.create({ publicKey: asked });
      act("passkey-made", JSON.stringify(made.toJSON()), { name });
    } catch (error) {
      toast({ text: "No passkey was made.", tone: "bad", mend: String(error.message ?? error) });
    }
  };

  // ------------------------------------------------------------ what people do
  const perform = (element) => {
    const question = element.dataset.sure;
    if (question && !confirm(question)) return;
    const form = element.dataset.with ? Object.fromEntries(new URLSearchParams(element.dataset.with)) : {};
    act(element.dataset.do, element.dataset.value ?? "", form);
  };
  const closeMenus = (except) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) if (!except || !menu.contains(except)) menu.open = false;
  };
  document.addEventListener("click", (event) => {
    const target = event.target.closest?.("[data-do], [data-local], a[href]");
    closeMenus(event.target.closest?.("summary"));
    if (!target) return;
    if (target.dataset.do !== undefined && target.nodeName !== "FORM") {
      event.preventDefault();
      perform(target);
    } else if (target.dataset.local) local(target);
    else if (target.nodeName === "A" && isPage(target) && !event.metaKey && !event.ctrlKey && !event.shiftKey && event.button === 0) {
      event.preventDefault();
      go(target.pathname.slice(prefix.length) + target.search);
    }
  });
  const isPage = (link) =>
    link.origin === location.origin && !link.target && !link.hasAttribute("download") && link.dataset.plain === undefined &&
    link.pathname.startsWith(`${prefix}/`) && !/^\/(api|editor|assets|sign-in|webhook|form)(\/|$)/.test(link.pathname.slice(prefix.length)) &&
    !link.getAttribute("href").startsWith("#");
  const local = (element) => {
    const what = element.dataset.local;
    if (what === "menu") document.body.classList.toggle("is-open");
    else if (what === "close") dialog.close();
    else if (what === "dismiss") element.closest(".toast").remove();
    else if (what === "sign-out") signOut();
    else if (what === "call") callWebhook(element);
    else if (what === "theme") {
      document.body.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
      cookie("workflow_theme", document.body.dataset.theme);
      showTheme();
    } else if (what === "copy")
      navigator.clipboard.writeText(element.dataset.value).then(() => toast({ text: "Copied." }));
  };

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    event.preventDefault();
    if (form.dataset.do === undefined && form.dataset.go === undefined) return;
    const value = event.submitter?.dataset.value ?? form.dataset.value ?? "";
    if (form.dataset.go !== undefined) return filter(form);
    const what = event.submitter?.dataset.as ?? form.dataset.do;
    act(what, value, await fields(form));
  });
  const filter = (form) => {
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (value) query.append(name, value);
    const text = query.toString();
    go(form.dataset.go + (text ? `?${text}` : ""), { replaces: true });
  };
  let pause = 0;
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-go]");
    if (!form) return;
    clearTimeout(pause);
    pause = setTimeout(() => filter(form), event.target.matches("[type=search]") ? 260 : 0);
  });
  document.addEventListener("change", (event) => {
    const target = event.target;
    if (target.matches("[data-project]")) {
      cookie("workflow_project", target.value);
      act("project", target.value);
    } else if (target.matches("select[data-change]")) act(target.dataset.change, target.value, target.dataset.with ? Object.fromEntries(new URLSearchParams(target.dataset.with)) : {});
    else if (target.matches("[type=checkbox].chosen")) document.body.dataset.chosen = page.querySelectorAll(".chosen:checked").length;
    else if (target.matches("[type=file]") && target.closest(".drop")) target.closest("form").requestSubmit();
  });
  for (const kind of ["dragover", "dragleave", "drop"])
    document.addEventListener(kind, (event) => {
      const drop = event.target.closest?.(".drop");
      if (!drop) return;
      event.preventDefault();
      drop.classList.toggle("is-over", kind === "dragover");
      if (kind === "drop" && event.dataTransfer.files.length) {
        const input = drop.querySelector("[type=file]");
        input.files = event.dataTransfer.files;
        input.closest("form").requestSubmit();
      }
    });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      closeMenus();
      document.body.classList.remove("is-open");
    }
    const isTyping = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !isTyping && !dialog.open) {
      event.preventDefault();
      document.querySelector(".bar [type=search]")?.focus();
    }
  });

  // ------------------------------------------------------------ the connection
  const strip = document.getElementById("strip");
  const lost = async () => {
    if (isLeaving || !strip.hidden) return;
    strip.hidden = false;
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 1500));
      const answer = await fetch(`${prefix}/api/health/live`, { cache: "no-store" }).catch(() => null);
      if (answer && answer.status < 500) return location.reload();
    }
  };
  addEventListener("beforeunload", () => {
    isLeaving = true;
  });
  const watch = () => {
    for (const one of window.Bokeh?.documents ?? []) one.on_event("connection_lost", lost);
  };

  window.workflow = {
    receive,
    placeCharts,
    connect(found) {
      bridge = found;
      watch();
      document.body.dataset.live = "yes";
      bridge.send({ do: "connected" });
      for (const message of waiting.splice(0)) bridge.send(message);
    },
  };
  showTheme();
})();
