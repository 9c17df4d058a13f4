"use strict";
/* Follows the theme of the Airflow UI around this page, before anything is painted. Airflow sets the class `dark` or
   `light` on its root and names its colours in custom properties, which a deployment may have changed. */
(() => {
  const own = document.documentElement;
  const names = {
    "--paper": "--chakra-colors-bg",
    "--ink": "--chakra-colors-fg",
    "--faint": "--chakra-colors-fg-muted",
    "--line": "--chakra-colors-border",
    "--brand": "--chakra-colors-brand-solid",
    "--brand-ink": "--chakra-colors-brand-contrast",
    "--link": "--chakra-colors-fg-info",
  };
  let outer = null;
  try {
    if (window.parent !== window) outer = window.parent.document.documentElement;
  } catch {
    outer = null; // a frame of another site: it tells nothing
  }

  function isDark() {
    if (outer?.classList.contains("dark")) return true;
    if (outer?.classList.contains("light")) return false;
    let chosen = null;
    try {
      chosen = localStorage.getItem("theme");
    } catch {
      chosen = null;
    }
    if (chosen === "dark" || chosen === "light") return chosen === "dark";
    return matchMedia("(prefers-color-scheme: dark)").matches;
  }

  function follow() {
    own.dataset.theme = isDark() ? "dark" : "light";
    if (!outer) return;
    const theirs = getComputedStyle(outer);
    for (const [ours, name] of Object.entries(names)) {
      const value = theirs.getPropertyValue(name).trim();
      if (value) own.style.setProperty(ours, value);
      else own.style.removeProperty(ours);
    }
  }

  follow();
  own.classList.add("scripted");
  if (outer) new MutationObserver(follow).observe(outer, { attributes: true, attributeFilter: ["class", "style"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", follow);
})();
