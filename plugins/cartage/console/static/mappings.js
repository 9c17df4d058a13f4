"use strict";
/* A mapping or settings: checked as one types, tried on a real record, saved as a revision, rolled back. */
(() => {
  const editor = document.querySelector(".editor");
  const { root, kind, name, parent } = editor.dataset;
  const body = document.getElementById("body");
  const wrong = document.getElementById("wrong");
  const tried = document.getElementById("tried");
  let before = body.value;
  let timer = null;
  let turn = 0;
  const asked = (more) => ({ kind, name, body: body.value, ...more });

  function tell(text, bad) {
    wrong.textContent = text;
    wrong.classList.toggle("bad", bad);
    body.setAttribute("aria-invalid", String(bad));
  }

  async function check() {
    const mine = ++turn;
    try {
      const told = await cartage.call("POST", `${root}/mappings/check`, asked());
      if (mine !== turn) return;
      if (told.message) tell((told.line ? `line ${told.line}: ` : "") + told.message, true);
      else tell("It can be saved.", false);
    } catch (error) {
      if (mine === turn) tell(error.message, true);
    }
  }

  /* What comes back is a page's part, made and escaped by the server. */
  async function attempt(button) {
    button.disabled = true;
    tried.textContent = "Making it twice …";
    try {
      const answer = await fetch(`${root}/mappings/try`, {
        method: "POST",
        credentials: "same-origin",
        headers: { Accept: "text/html", "Content-Type": "application/json", "X-Cartage-Token": document.querySelector("meta[name=cartage-token]").content },
        body: JSON.stringify(asked({
          number: document.getElementById("number").value,
          record: document.getElementById("record")?.value,
          unmasked: document.getElementById("unmasked")?.checked,
        })),
      });
      if (answer.ok) {
        const part = new DOMParser().parseFromString(await answer.text(), "text/html");
        tried.replaceChildren(...part.body.childNodes);
      } else {
        const told = await answer.json().catch(() => null);
        tried.textContent = told?.detail ?? `That did not work (${answer.status}).`;
      }
    } catch (error) {
      tried.textContent = error.message;
    } finally {
      button.disabled = false;
    }
  }

  async function keep(path, sent, button) {
    button.disabled = true;
    try {
      const told = await cartage.call("POST", `${root}/mappings/${path}`, sent);
      before = body.value;
      editor.removeAttribute("data-unsaved");
      cartage.say(`Revision ${told.revision} is in force from the next run on.`);
      setTimeout(() => location.reload(), 1200);
    } catch (error) {
      tell(error.message, true);
      cartage.say(error.message, true);
      button.disabled = false;
    }
  }

  body.addEventListener("input", () => {
    editor.toggleAttribute("data-unsaved", body.value !== before);
    clearTimeout(timer);
    timer = setTimeout(check, 400);
  });
  document.getElementById("try")?.addEventListener("click", (event) => attempt(event.currentTarget));
  document.getElementById("save")?.addEventListener("click", (event) => {
    const note = document.getElementById("note");
    if (!note.value.trim()) {
      tell("Say why you change it: whoever reads the history will ask.", true);
      return note.focus();
    }
    keep("save", asked({ parent: Number(parent), note: note.value }), event.currentTarget);
  });
  for (const each of document.querySelectorAll("[data-back]")) {
    each.addEventListener("click", () => keep("roll-back", { kind, name, revision: Number(each.dataset.back), parent: Number(parent) }, each));
  }
  /* Deploy settings: nothing is changed by asking, so the form's own address is what is asked. */
  const deploy = document.getElementById("deploy");
  const form = deploy?.querySelector("form");
  let asking = 0;

  async function propose() {
    const mine = ++asking;
    const told = await cartage.call("GET", `${root}/mappings/deploy?${new URLSearchParams(new FormData(form))}`);
    if (mine !== asking) return;
    const verdict = deploy.querySelector(".verdict");
    verdict.textContent = told.wrong
      ? (told.line ? `line ${told.line} (${told.text}): ` : "") + told.wrong
      : told.patch ? "This is the patch:" : "All of it is as the file says.";
    verdict.classList.toggle("bad", Boolean(told.wrong));
    const patch = deploy.querySelector(".patch");
    patch.textContent = told.patch;
    patch.hidden = !told.patch;
    const command = deploy.querySelector(".command");
    command.querySelector("code").textContent = told.command ?? "";
    command.hidden = !told.command;
  }

  form?.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => propose().catch((error) => cartage.say(error.message, true)), 400);
  });
  window.addEventListener("beforeunload", (event) => {
    if (body.value !== before) event.preventDefault();
  });
})();
