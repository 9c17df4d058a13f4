"use strict";
/* A record held back, changed by fields or as JSON, checked as one types, kept, and tried again. The text is the record;
   the fields write into it. */
(() => {
  const editor = document.querySelector(".editor");
  if (!editor) return;
  const { root, entry, dag } = editor.dataset;
  const columns = JSON.parse(editor.dataset.fields);
  const faults = JSON.parse(editor.dataset.faults);
  const text = document.getElementById("edit-text");
  const problems = document.getElementById("edit-problems");
  const inputs = document.getElementById("edit-fields");
  const more = document.getElementById("edit-more");
  let before = text.value;
  let timer = null;
  let turn = 0;

  const words = (name) => name.replaceAll("_", " ");
  const unsaved = () => editor.toggleAttribute("data-unsaved", text.value !== before);

  function tables() {
    try {
      return JSON.parse(text.value).tables ?? {};
    } catch {
      return null; // half-written: the fields wait
    }
  }

  function label(table, row, column) {
    const rows = tables()?.[table] ?? [];
    return rows.length > 1 ? `${words(table)} ${row + 1}: ${words(column)}` : `${words(table)}: ${words(column)}`;
  }

  function put(table, row, column, given) {
    const record = JSON.parse(text.value);
    const values = record.tables[table][row];
    if (given === "") delete values[column];
    else values[column] = given === "true" || given === "false" ? given === "true" : given;
    text.value = JSON.stringify(record, null, 2);
    changed();
  }

  /* Shows a field to be changed; `value` of what JSON has, as text. */
  function field(table, row, column) {
    const id = `edit-${table}-${row}-${column}`;
    const there = document.getElementById(id);
    if (there) return there;
    const line = Object.assign(document.createElement("div"), { className: "field" });
    const input = Object.assign(document.createElement("input"), { type: "text", id, autocomplete: "off", value: String(tables()?.[table]?.[row]?.[column] ?? "") });
    input.dataset.at = JSON.stringify([table, row, column]);
    input.setAttribute("aria-describedby", "edit-problems");
    input.addEventListener("input", () => tables() && put(table, row, column, input.value));
    line.append(Object.assign(document.createElement("label"), { htmlFor: id, textContent: label(table, row, column) }), input);
    inputs.append(line);
    return input;
  }

  /* What the reasons name: in the rows that have such a value, or in all when none has. */
  function offer() {
    const now = tables() ?? {};
    for (const fault of faults) {
      const [table, column] = fault.split(".");
      if (!columns[table]?.includes(column)) continue;
      const rows = (now[table] ?? []).map((each, row) => [each, row]);
      const having = rows.filter(([each]) => each[column] !== undefined);
      for (const [, row] of having.length ? having : rows) field(table, row, column);
    }
    for (const [table, names] of Object.entries(columns)) {
      for (const [row] of (now[table] ?? []).entries()) {
        for (const column of names) more.append(new Option(label(table, row, column), JSON.stringify([table, row, column])));
      }
    }
  }

  function show(found, accepted) {
    const rows = found.map((each) => {
      const named = each.field && each.message.startsWith(`${each.field}:`); // expectations say where by themselves
      const at = [each.line && `line ${each.line}`, !named && each.field].filter(Boolean).join(", ");
      const row = document.createElement("li");
      row.textContent = (at ? `${at}: ` : "") + each.message;
      if (each.warning) row.className = "warning";
      return row;
    });
    if (accepted) rows.unshift(Object.assign(document.createElement("li"), { className: "fine", textContent: "It can be accepted." }));
    problems.replaceChildren(...rows);
    text.setAttribute("aria-invalid", String(!accepted));
  }

  async function check() {
    const mine = ++turn;
    try {
      const told = await cartage.call("POST", `${root}/errors/${entry}/check`, { text: text.value });
      if (mine === turn) show(told.problems, told.accepted);
    } catch (error) {
      if (mine === turn) show([{ message: error.message }], false);
    }
  }

  function changed() {
    unsaved();
    cartage.hush();
    clearTimeout(timer);
    timer = setTimeout(check, 500);
  }

  async function save(button) {
    for (const each of editor.querySelectorAll("[data-save]")) each.disabled = true;
    clearTimeout(timer);
    turn++;
    const body = { text: text.value, seen: editor.dataset.seen, note: document.getElementById("edit-note").value };
    try {
      if (button.dataset.save === "retry") await cartage.needOn(dag);
      const told = await cartage.call("POST", `${root}/errors/${entry}/edit`, body);
      editor.dataset.seen = told.seen;
      before = text.value;
      unsaved();
      await tryAgain(button.dataset.save === "retry");
    } catch (error) {
      show([{ message: error.message }], false);
      cartage.say(error.message, true);
      for (const each of editor.querySelectorAll("[data-save]")) each.disabled = false;
    }
  }

  async function tryAgain(wanted) {
    const page = location.pathname.replace(/\/reveal$/, "");
    if (!wanted) return cartage.again("Accepted.", page);
    const under = (name) => cartage.say(`Accepted. The run ${name} tries it again …`, false, true);
    const ended = await cartage.start(dag, { quarantine: [Number(entry)] }, under);
    cartage.again(ended === "success" ? "The run has ended." : "The run failed: see the runs of the flow.", page);
  }

  offer();
  more.addEventListener("change", () => {
    if (more.value) field(...JSON.parse(more.value)).focus();
    more.value = "";
  });
  text.addEventListener("input", () => {
    const now = tables();
    for (const each of now ? inputs.querySelectorAll("input") : []) {
      const [table, row, column] = JSON.parse(each.dataset.at);
      each.value = String(now[table]?.[row]?.[column] ?? "");
    }
    changed();
  });
  for (const each of editor.querySelectorAll("[data-save]")) each.addEventListener("click", () => save(each));
})();
