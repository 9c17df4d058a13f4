"use strict";
/* What every page needs: moments and numbers in the reader's own way, links that leave the frame, calls that change
   something. Without it pages show UTC and plain numbers, and everything can still be read. */
const cartage = (() => {
  const own = document.documentElement;
  const language = navigator.languages?.length ? navigator.languages : undefined;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const forms = {
    minute: { dateStyle: "medium", timeStyle: "short" },
    second: { dateStyle: "medium", timeStyle: "medium" },
    day: { dateStyle: "medium" },
    time: { timeStyle: "medium" },
  };
  const steps = [
    ["day", 86400],
    ["hour", 3600],
    ["minute", 60],
    ["second", 1],
  ];

  function ago(moment) {
    const seconds = (moment - Date.now()) / 1000;
    const [unit, size] = steps.find(([, size]) => Math.abs(seconds) >= size) ?? steps[3];
    return new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(Math.round(seconds / size), unit);
  }

  function write(within = document) {
    for (const each of within.querySelectorAll("time[datetime]")) {
      const moment = new Date(each.dateTime);
      const full = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "long" }).format(moment);
      each.title = full;
      each.textContent =
        each.dataset.form === "ago"
          ? ago(moment)
          : new Intl.DateTimeFormat(language, forms[each.dataset.form] ?? forms.minute).format(moment);
    }
    const numbers = new Intl.NumberFormat(language);
    for (const each of within.querySelectorAll("data[value]")) {
      const digits = each.dataset.digits;
      each.textContent = digits
        ? new Intl.NumberFormat(language, { minimumFractionDigits: Number(digits) }).format(each.value)
        : numbers.format(Number(each.value));
    }
  }

  /* The server works out days in the reader's zone; the first page of all does not know it yet. */
  function tellZone() {
    if (!zone || own.dataset.zone === zone) return;
    const root = new URL(document.querySelector(".top nav a").href).pathname;
    document.cookie = `cartage_zone=${zone}; path=${root}; max-age=31536000; SameSite=Lax`;
    if (sessionStorage.getItem("cartage_zone") !== zone) {
      sessionStorage.setItem("cartage_zone", zone);
      location.reload();
    }
  }

  /* A frame may not navigate the window around it, but it may click a link in the document around it. */
  function leave(event) {
    const link = event.target.closest("a[data-airflow-link]");
    if (!link || window.parent === window) return;
    event.preventDefault();
    const outside = window.parent.document;
    const step = outside.createElement("a");
    step.href = link.href;
    if (event.ctrlKey || event.metaKey || link.dataset.airflowLink === "new") step.target = "_blank";
    step.rel = "noopener";
    outside.body.append(step);
    step.click();
    step.remove();
  }

  /* Tells something in passing; what is wrong stays longer, and what is under way until the next word. */
  function say(text, bad = false, lasting = false) {
    const said = document.getElementById("said");
    said.textContent = text;
    said.classList.toggle("bad", bad);
    said.classList.add("shown");
    clearTimeout(say.timer);
    if (!lasting) say.timer = setTimeout(() => said.classList.remove("shown"), bad ? 12000 : 5000);
  }

  const hush = () => document.getElementById("said").classList.remove("shown");

  /* A frame like this one may not ask before it is left, so what is not saved is lost at the second click only. */
  function keepUnsaved(event) {
    const link = event.target.closest("a[href]");
    const editor = document.querySelector("[data-unsaved]");
    if (!link || !editor || link.hasAttribute("download") || link.getAttribute("href").startsWith("#")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    editor.removeAttribute("data-unsaved");
    say("What you changed is not saved. Click again to leave it.", true);
  }

  /* Says what was done, and shows the page as it is now; by its address, since a form may have brought it. */
  function again(text, path = location.pathname, wait = 900) {
    say(text);
    setTimeout(() => location.replace(path + location.search), wait);
  }

  /* A page on which something is under way shows itself again, less and less often; not while somebody works on it. */
  function stayTrue() {
    const name = `cartage_live ${location.pathname}${location.search}`;
    const shown = location.pathname.endsWith("/reveal"); // asked for again, it would be another look that is noted
    if (shown || !document.querySelector("[data-live]")) return sessionStorage.removeItem(name);
    const times = Number(sessionStorage.getItem(name) ?? 0);
    setTimeout(function look() {
      const busy = document.hidden || document.querySelector("dialog[open], input:checked, [data-unsaved]") || document.activeElement?.value;
      if (busy) return setTimeout(look, 2000);
      sessionStorage.setItem(name, times + 1);
      location.reload();
    }, Math.min(3000 * 1.3 ** times, 60000));
  }

  async function call(method, address, body) {
    const answer = await fetch(address, {
      method,
      credentials: "same-origin",
      headers: {
        Accept: "application/json",
        "Content-Type": "application/json",
        "X-Cartage-Token": document.querySelector("meta[name=cartage-token]").content,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const told = await answer.json().catch(() => null);
    if (!answer.ok) throw new Error(reason(answer, told));
    return told;
  }

  function reason(answer, told) {
    if (answer.status === 401) return "You are not signed in any more: load the page again.";
    if (answer.status === 403 && typeof told?.detail !== "string") return "Airflow gives you no right to do this.";
    const detail = told?.detail;
    if (Array.isArray(detail)) return detail.map((each) => each.msg ?? String(each)).join("; ");
    if (typeof detail === "string") return detail;
    return `That did not work (${answer.status}).`;
  }

  /* On a phone, where the navigation is wider than the screen, the page's own place in it is seen. */
  const here = document.querySelector(".top nav [aria-current]");
  if (here) here.closest("nav").scrollLeft = here.offsetLeft - 16;

  write();
  tellZone();
  document.addEventListener("click", keepUnsaved);
  document.addEventListener("click", leave);
  setInterval(() => write(), 30000);
  stayTrue();

  const airflow = (method, path, body) => call(method, `${own.dataset.airflow}/api/v2${path}`, body);
  const run = (dag, name) => `/dags/${encodeURIComponent(dag)}/dagRuns/${encodeURIComponent(name)}`;

  const off = (dag) => `${dag} is off, and Airflow starts no run of a flow that is off. Switch it on in the overview, then do this again.`;

  /* Throws when a flow is off: a run of it would wait, and whoever asked for it with it. */
  async function needOn(dag) {
    const { is_paused: paused } = await airflow("GET", `/dags/${encodeURIComponent(dag)}`);
    if (paused) throw new Error(off(dag));
  }

  /* Starts a run, and waits until all that it does is done: gives Airflow's word for how it ended. */
  async function start(dag, conf, began = () => {}) {
    const { dag_run_id: name } = await airflow("POST", `/dags/${encodeURIComponent(dag)}/dagRuns`, { logical_date: null, conf });
    began(name);
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 1500));
      const { state } = await airflow("GET", run(dag, name));
      if (state === "success" || state === "failed") return state;
    }
  }

  return {
    say,
    hush,
    call,
    write,
    off,
    needOn,
    start,
    again,
    /* Airflow's own API, as the one who is signed in: Airflow's rights and its audit log hold. */
    airflow,
  };
})();
