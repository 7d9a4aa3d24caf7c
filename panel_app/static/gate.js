// Pages for strangers: sends their forms to the API and shows what it says.
(() => {
  const { prefix, name, next } = document.body.dataset;
  const step = (wanted) => {
    for (const section of document.querySelectorAll("[data-step]")) section.hidden = section.dataset.step !== wanted;
    document.querySelector(`[data-step=${wanted}] input`)?.focus();
  };
  let challenge = new URLSearchParams(location.hash.slice(1)).get("challenge") ?? "";
  if (challenge) {
    history.replaceState(null, "", location.pathname + location.search);
    step("code");
  }
  if (location.hash === "#confirmed") document.getElementById("confirmed").hidden = false;

  const csrf = () => decodeURIComponent(document.cookie.match(/(?:^|; )workflow_csrf=([^;]*)/)?.[1] ?? "");
  const post = async (path, body) => {
    const answer = await fetch(prefix + path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Csrf-Token": csrf() },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    const found = text ? JSON.parse(text) : {};
    if (answer.ok) return found;
    const said = found.problems?.length ? found.problems.map((one) => [one.message, one.mend].filter(Boolean).join(" ")).join(" ") : "";
    throw new Error(said || [found.detail ?? found.title, found.mend].filter(Boolean).join(" ") || "The service did not answer as it should.");
  };
  const into = () => location.assign(prefix + (next || "/"));
  const tell = (text) => {
    for (const part of document.querySelectorAll(".card > :not([data-step=told])")) part.hidden = true;
    document.getElementById("told").textContent = text;
    document.querySelector("[data-step=told]").hidden = false;
  };

  const done = async (path, sent, answer) => {
    if (path.endsWith("/login") || path.endsWith("/second-factor")) {
      if (answer.challenge) {
        challenge = answer.challenge;
        step("code");
      } else into();
    } else if (path.endsWith("/reset")) tell("The password is saved. Sign in with it.");
    else tell(answer.message);
  };

  for (const form of document.querySelectorAll("form[data-send]"))
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const path = form.dataset.send;
      const body = Object.fromEntries(new FormData(form));
      if (path.endsWith("/login")) body.kind = "session";
      if (path.endsWith("/second-factor")) body.challenge = challenge;
      const line = form.querySelector(".wrong");
      const button = form.querySelector("button");
      line.hidden = true;
      button.disabled = true;
      try {
        await done(path, body, await post(path, body));
      } catch (error) {
        line.textContent = error.message;
        line.hidden = false;
      } finally {
        button.disabled = false;
      }
    });

  const passkey = document.getElementById("passkey");
  if (passkey && window.PublicKeyCredential?.parseRequestOptionsFromJSON && !/^[\d.:[\]]+$/.test(location.hostname)) {
    passkey.hidden = false;
    passkey.addEventListener("click", async () => {
      const line = document.querySelector("[data-step=password] .wrong");
      try {
        const asked = await post("/api/auth/passkey", {});
        const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(asked.publicKey ?? asked);
        const found = await navigator.credentials.get({ publicKey });
        await post("/api/auth/passkey/answer", { credential: found.toJSON(), kind: "session" });
        into();
      } catch (error) {
        line.textContent = error.message;
        line.hidden = false;
      }
    });
  }
  document.body.dataset.ready = name;
})();
