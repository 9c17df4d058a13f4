"use strict";
/* Records held back: choose, try again, assign, tag, dismiss. A retry is a run of the flow's DAG, asked for by Airflow's
   own API; all else goes to the console's routes, which ask for the same right. */
(() => {
  const bar = document.querySelector(".bulk, .bulk-one");
  if (!bar) return;
  const root = bar.dataset.root;
  const dialog = document.getElementById("mend");
  const part = (name) => document.getElementById(`mend-${name}`);
  const count = (number) => (number === 1 ? "1 record" : `${number} records`);
  const ids = (some) => some.map((each) => Number(each.dataset.entry));

  let every = null; // all that the filter lets through, when somebody chose that

  function chosen() {
    if (bar.classList.contains("bulk-one")) return [bar];
    return every ?? [...document.querySelectorAll("input[data-entry]:checked")];
  }

  const again = (text) => cartage.again(text, location.pathname.replace(/\/reveal$/, ""));

  /* One run a flow, with all of its records; what was never readable, went through, or is tried already, stays where it is. */
  async function retry(some) {
    const flows = new Map();
    const left = some.filter((each) => each.dataset.state !== "open").length;
    for (const each of some) {
      if (each.dataset.state !== "open") continue;
      flows.set(each.dataset.dag, [...(flows.get(each.dataset.dag) ?? []), Number(each.dataset.entry)]);
    }
    if (!flows.size) throw new Error("These cannot be tried again: a run has them already, they could never be read, or they went through and ask you to act.");
    for (const dag of flows.keys()) await cartage.needOn(dag);
    const told = [...flows].map(([dag, records]) => `${count(records.length)} of ${dag}`).join(", ");
    const rest = left ? ` ${count(left)} cannot be tried again and stayed.` : "";
    cartage.say(`Trying again: ${told} …${rest}`, false, true);
    const ended = await Promise.all([...flows].map(([dag, quarantine]) => cartage.start(dag, { quarantine })));
    return ended.includes("failed") ? "A run failed: see the runs of the flow." : `Tried again: ${told}.${rest}`;
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
    part("text").value = what === "assign" ? bar.dataset.user : "";
    part("do").textContent = title;
    part("wrong").hidden = true;
    dialog.showModal();
    part("text").select();
  }

  async function send(event) {
    event.preventDefault();
    const [title, label, , body, needed] = asks[asked];
    const text = part("text").value;
    if (needed && !text.trim()) return fail(`${label}: write something.`);
    part("do").disabled = true;
    try {
      const told = await cartage.call("POST", `${root}/errors/${asked}`, { ids: ids(chosen()), ...body(text) });
      dialog.close();
      again(`${title}: done for ${count(told.done)}.`);
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

  async function act(button) {
    if (button.dataset.act !== "retry") return ask(button.dataset.act);
    button.disabled = true;
    try {
      again(await retry(chosen()));
    } catch (error) {
      cartage.say(error.message, true);
      button.disabled = false;
    }
  }

  function counted(more = false) {
    const some = chosen();
    const first = more ? ", the first of more: do the rest after them" : "";
    bar.querySelector("[data-count]").textContent = some.length ? `${count(some.length)} chosen${first}` : "none chosen";
    for (const each of bar.querySelectorAll("[data-act]")) each.disabled = !some.length;
  }

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
  function tick(on) {
    for (const each of document.querySelectorAll("input[data-entry]:not(:disabled)")) each.checked = on;
  }

  bar.querySelector("[data-every]")?.addEventListener("click", async (event) => {
    try {
      const told = await cartage.call("GET", event.target.dataset.every);
      every = told.entries.map((each) => ({ dataset: each }));
      tick(true);
      counted(told.more);
    } catch (error) {
      cartage.say(error.message, true);
    }
  });
  bar.querySelector("[data-all]")?.addEventListener("change", (event) => {
    every = null;
    tick(event.target.checked);
    counted();
  });
  for (const each of document.querySelectorAll("input[data-entry]")) {
    each.addEventListener("change", () => {
      every = null;
      counted();
    });
  }
})();
