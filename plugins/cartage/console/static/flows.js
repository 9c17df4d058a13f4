"use strict";
/* Switching flows on and off, and starting runs with the form that the flow's DAG has: all by Airflow's own API. */
(() => {
  for (const each of document.querySelectorAll("[data-switch]")) each.addEventListener("click", () => turn(each));
  for (const each of document.querySelectorAll("[data-run]")) each.addEventListener("click", () => ask(each));

  async function turn(control) {
    const on = control.getAttribute("aria-checked") !== "true";
    const dag = control.dataset.switch;
    control.disabled = true;
    try {
      await cartage.airflow("PATCH", `/dags/${encodeURIComponent(dag)}`, { is_paused: !on });
      control.setAttribute("aria-checked", String(on));
      cartage.say(on ? `${dag} is on.` : `${dag} is off: no run starts by itself.`);
    } catch (error) {
      cartage.say(error.message, true);
    } finally {
      control.disabled = false;
      control.focus();
    }
  }

  const dialog = document.getElementById("run");
  if (!dialog) return;
  const fields = document.getElementById("run-fields");
  const wrong = document.getElementById("run-wrong");
  const start = document.getElementById("run-start");
  let dag = null;
  let params = {};
  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  dialog.querySelector("form").addEventListener("submit", send);

  /* Opens the form; `data-since` and the like of the button are filled in. */
  async function ask(button) {
    dag = button.dataset.run;
    wrong.hidden = true;
    start.disabled = true;
    document.getElementById("run-title").textContent = `Run ${dag}`;
    document.getElementById("run-what").textContent = "Empty fields take everything that is new.";
    fields.replaceChildren(Object.assign(document.createElement("p"), { className: "loading", textContent: "Asking Airflow for the form …" }));
    dialog.showModal();
    try {
      const details = await cartage.airflow("GET", `/dags/${encodeURIComponent(dag)}/details`);
      params = details.params ?? {};
      fields.replaceChildren(...Object.entries(params).map(([name, param]) => field(name, param, button.dataset[name])));
      start.disabled = Boolean(details.is_paused);
      if (details.is_paused) fail(cartage.off(dag));
      fields.querySelector("input, textarea")?.focus();
    } catch (error) {
      fields.replaceChildren();
      fail(error.message);
    }
  }

  function field(name, param, given) {
    const schema = param.schema ?? {};
    const kinds = [].concat(schema.type ?? "string");
    const row = document.createElement("div");
    row.className = "field";
    const label = Object.assign(document.createElement("label"), { htmlFor: `run-${name}`, textContent: schema.title ?? name });
    const hint = Object.assign(document.createElement("p"), { className: "faint", id: `run-${name}-hint`, textContent: param.description ?? schema.description ?? "" });
    let input;
    if (kinds.includes("boolean")) {
      input = Object.assign(document.createElement("input"), { type: "checkbox", checked: given === undefined ? Boolean(param.value) : given === "true" });
      label.prepend(input);
      row.append(label, hint);
    } else {
      if (kinds.includes("array")) {
        input = Object.assign(document.createElement("textarea"), { rows: 2, value: given ?? [].concat(param.value ?? []).join("\n") });
      } else if (schema.format === "date-time") {
        input = Object.assign(document.createElement("input"), { type: "datetime-local", step: "1", value: local(given ?? param.value, name === "until") });
        hint.textContent = `${hint.textContent.replace(/ \(ISO 8601[^)]*\)/, "")} Your time zone: ${Intl.DateTimeFormat().resolvedOptions().timeZone}.`;
      } else {
        input = Object.assign(document.createElement("input"), { type: "text", value: given ?? param.value ?? "" });
      }
      row.append(label, input, hint);
    }
    input.id = `run-${name}`;
    input.setAttribute("aria-describedby", hint.id);
    return row;
  }

  /* A moment as the field wants it: in the reader's own zone, without one, in whole seconds. The end of a stretch is
     the second after it, or what came in its last fraction would be left out. */
  function local(text, end) {
    if (!text) return "";
    const moment = new Date(text);
    if (end && /\.\d*[1-9]/.test(text)) moment.setSeconds(moment.getSeconds() + 1);
    return new Date(moment - moment.getTimezoneOffset() * 60000).toISOString().slice(0, 19);
  }

  function filled() {
    const conf = {};
    for (const [name, param] of Object.entries(params)) {
      const input = document.getElementById(`run-${name}`);
      const schema = param.schema ?? {};
      if (input.type === "checkbox") {
        if (input.checked !== Boolean(param.value)) conf[name] = input.checked;
      } else if (input.value.trim()) {
        const lines = input.value.split(/[\n,]/).map((each) => each.trim()).filter(Boolean);
        if (input.tagName === "TEXTAREA") conf[name] = schema.items?.type === "integer" ? lines.map(Number) : lines;
        else conf[name] = input.type === "datetime-local" ? new Date(input.value).toISOString() : input.value.trim();
      }
    }
    return conf;
  }

  async function send(event) {
    event.preventDefault();
    wrong.hidden = true;
    start.disabled = true;
    try {
      const run = await cartage.airflow("POST", `/dags/${encodeURIComponent(dag)}/dagRuns`, { logical_date: null, conf: filled() });
      dialog.close();
      cartage.say(`Started: ${run.dag_run_id}`);
      setTimeout(() => location.reload(), 2500);
    } catch (error) {
      fail(error.message);
    } finally {
      start.disabled = false;
    }
  }

  function fail(text) {
    wrong.textContent = text;
    wrong.hidden = false;
  }
})();
