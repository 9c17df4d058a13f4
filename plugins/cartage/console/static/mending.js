"use strict";
/* Records held back: choose, try again, assign, tag, dismiss; and edit one. A retry is a run of the flow's DAG, asked
   for by Airflow's own API; all else goes to the console's routes, which ask for the same right. */
(() => {
  const bar = document.querySelector(".bulk, .bulk-one");
  const editor = document.querySelector(".editor");
  const root = (bar ?? editor)?.dataset.root;
  const dialog = document.getElementById("mend");
  const part = (name) => document.getElementById(`mend-${name}`);
  const count = (number) => (number === 1 ? "1 record" : `${number} records`);

  function chosen() {
    if (bar.classList.contains("bulk-one")) return [bar];
    return [...document.querySelectorAll("input[data-entry]:checked")];
  }

  const ids = (some) => some.map((each) => Number(each.dataset.entry));

  /* One run a flow, with all of its records. */
  async function retry(some) {
    const flows = new Map();
    for (const each of some) {
      if (each.dataset.state !== "open") continue;
      flows.set(each.dataset.dag, [...(flows.get(each.dataset.dag) ?? []), Number(each.dataset.entry)]);
    }
    if (!flows.size) throw new Error("These records are being tried again already.");
    for (const [dag, quarantine] of flows) {
      await cartage.airflow("POST", `/dags/${encodeURIComponent(dag)}/dagRuns`, { logical_date: null, conf: { quarantine } });
    }
    return [...flows].map(([dag, some]) => `${count(some.length)} of ${dag}`).join(", ");
  }

  const asks = {
    assign: ["Assign", "Who looks after it", "A user’s name; empty for nobody.", (text) => ({ assignee: text }), false],
    tag: ["Tag", "Tag", "A word of letters, digits, - and _.", (text) => ({ tag: text.trim() }), true],
    dismiss: ["Dismiss", "Why it is not to be tried again", "The record ends here; a newer version of it comes anew. The reason is kept.", (text) => ({ reason: text }), true],
  };
  let asked = null;

  function ask(what) {
    const [title, label, hint] = asks[what];
    asked = what;
    part("title").textContent = title;
    part("what").textContent = count(chosen().length);
    part("label").textContent = label;
    part("hint").textContent = hint;
    part("text").value = "";
    part("wrong").hidden = true;
    dialog.showModal();
    part("text").focus();
  }

  async function send(event) {
    event.preventDefault();
    const [, label, , body, needed] = asks[asked];
    const text = part("text").value;
    if (needed && !text.trim()) return fail(`${label}: write something.`);
    part("do").disabled = true;
    try {
      const told = await cartage.call("POST", `${root}/errors/${asked}`, { ids: ids(chosen()), ...body(text) });
      dialog.close();
      again(`Done: ${count(told.done)}`);
    } catch (error) {
      fail(error.message);
    } finally {
      part("do").disabled = false;
    }
  }

  function fail(text) {
    part("wrong").textContent = text;
    part("wrong").hidden = false;
  }

  function again(text, wait = 900) {
    cartage.say(text);
    setTimeout(() => location.replace(location.pathname.replace(/\/reveal$/, "") + location.search), wait);
  }

  async function act(button) {
    if (button.dataset.act !== "retry") return ask(button.dataset.act);
    button.disabled = true;
    try {
      again(`A run was started for ${await retry(chosen())}.`, 2500);
    } catch (error) {
      cartage.say(error.message, true);
      button.disabled = false;
    }
  }

  function counted() {
    const some = chosen();
    bar.querySelector("[data-count]").textContent = some.length ? `${count(some.length)} chosen` : "none chosen";
    for (const each of bar.querySelectorAll("[data-act]")) each.disabled = !some.length;
  }

  if (bar) {
    for (const each of bar.querySelectorAll("[data-act]")) each.addEventListener("click", () => act(each));
    dialog.querySelector("form").addEventListener("submit", send);
    dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
    for (const each of document.querySelectorAll("[data-untag]")) {
      each.addEventListener("click", async () => {
        try {
          await cartage.call("POST", `${root}/errors/tag`, { ids: ids(chosen()), tag: each.dataset.untag, do: "take" });
          again("Taken off.");
        } catch (error) {
          cartage.say(error.message, true);
        }
      });
    }
    bar.querySelector("[data-all]")?.addEventListener("change", (event) => {
      for (const each of document.querySelectorAll("input[data-entry]:not(:disabled)")) each.checked = event.target.checked;
      counted();
    });
    for (const each of document.querySelectorAll("input[data-entry]")) each.addEventListener("change", counted);
  }

  if (!editor) return;
  const text = document.getElementById("edit-text");
  const problems = document.getElementById("edit-problems");
  let before = text.value;
  let timer = null;
  let turn = 0;

  function show(found, accepted) {
    const rows = found.map((each) => {
      const at = [each.line && `line ${each.line}`, each.field].filter(Boolean).join(", ");
      const row = document.createElement("li");
      row.textContent = (at ? `${at}: ` : "") + each.message;
      if (each.warning) row.className = "warning";
      return row;
    });
    if (accepted) rows.unshift(Object.assign(document.createElement("li"), { className: "fine", textContent: "It can be accepted." }));
    problems.replaceChildren(...rows);
  }

  async function check() {
    const mine = ++turn;
    try {
      const told = await cartage.call("POST", `${root}/errors/${editor.dataset.entry}/check`, { text: text.value });
      if (mine === turn) show(told.problems, told.accepted);
    } catch (error) {
      if (mine === turn) show([{ message: error.message }], false);
    }
  }

  async function save(button) {
    button.disabled = true;
    clearTimeout(timer);
    turn++;
    const body = { text: text.value, seen: editor.dataset.seen, note: document.getElementById("edit-note").value };
    try {
      const told = await cartage.call("POST", `${root}/errors/${editor.dataset.entry}/edit`, body);
      editor.dataset.seen = told.seen;
      before = text.value;
      if (button.dataset.save === "retry") {
        await cartage.airflow("POST", `/dags/${encodeURIComponent(told.dag)}/dagRuns`, { logical_date: null, conf: { quarantine: [told.id] } });
        again("Accepted, and a run was started.", 2500);
      } else again("Accepted.");
    } catch (error) {
      show([{ message: error.message }], false);
      cartage.say(error.message, true);
      button.disabled = false;
    }
  }

  text.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(check, 500);
  });
  for (const each of editor.querySelectorAll("[data-save]")) each.addEventListener("click", () => save(each));
  window.addEventListener("beforeunload", (event) => {
    if (text.value !== before) event.preventDefault();
  });
})();
