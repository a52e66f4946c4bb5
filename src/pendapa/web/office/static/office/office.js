/* Habits of the office's pages. All of them work without this file; it only saves steps. */
(() => {
  "use strict";

  const on = (name, act, capture = false) => document.addEventListener(name, act, capture);
  const near = (event, selector) => (event.target instanceof Element ? event.target.closest(selector) : null);
  const typing = (element) => element instanceof HTMLElement && (element.isContentEditable || element.matches("textarea, select, input:not([type='checkbox']):not([type='radio'])"));

  // ---- Keys: "/" to the search, j and k through the rows, Enter opens (it is a link), Ctrl+S saves. ----

  on("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "s") {
      const save = document.querySelector("[data-save]");
      if (!save) return;
      event.preventDefault();
      save.click();
      return;
    }
    if (document.documentElement.dataset.keys === "off") return;
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || typing(event.target)) return;
    if (event.key === "/") {
      const search = document.querySelector("[data-search]");
      if (!search) return;
      event.preventDefault();
      search.focus();
      search.select();
    } else if (event.key === "j" || event.key === "k") {
      const links = [...document.querySelectorAll(".of-row__link")];
      const here = links.indexOf(document.activeElement);
      const next = links[event.key === "j" ? here + 1 : Math.max(here - 1, 0)];
      next?.focus();
    }
  });

  // ---- Menus close when one looks elsewhere. ----

  const closeMenus = (but) => {
    for (const menu of document.querySelectorAll("details[data-pop][open]")) if (menu !== but) menu.open = false;
  };
  on("click", (event) => closeMenus(near(event, "details[data-pop]")));
  on("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = document.querySelector("details[data-pop][open]");
    closeMenus(null);
    open?.querySelector("summary").focus();
  });

  // ---- A list's address holds only what was chosen. ----

  on("htmx:configRequest", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLElement) || !form.matches("[data-clean]")) return;
    const kept = event.detail.parameters;
    for (const name of new Set(Object.keys(kept))) if (kept[name] === "") delete kept[name];
  });
  on("change", (event) => {
    const select = near(event, ".of-select select");
    select?.parentElement.classList.toggle("of-select--on", select.value !== "" && select.name !== "sort");
  });

  // ---- Light, dark, or as the device: at once, and kept by the server. ----

  on("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.matches("[data-theme-switch]") || !event.submitter) return;
    event.preventDefault();
    const body = new FormData(form, event.submitter);
    fetch(form.action, { method: "POST", body, redirect: "manual" }).finally(() => delete form.dataset.sent);
    const value = event.submitter.value;
    if (value) document.documentElement.dataset.bsTheme = value;
    else delete document.documentElement.dataset.bsTheme;
    for (const button of form.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button === event.submitter));
      button.removeAttribute("aria-busy");
    }
  });

  // ---- Unsaved changes: said at the foot of the form, and asked about before one leaves. ----

  const written = (form) => {
    const fields = [...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken");
    return JSON.stringify(fields.map(([name, value]) => [name, value instanceof File ? value.name : value]));
  };
  const first = new Map();
  const isUnsaved = (form) => form.isConnected && !form.hasAttribute("data-sent") && first.get(form) !== written(form);
  const watch = () => {
    for (const form of document.querySelectorAll("form[data-unsaved]")) if (!first.has(form)) first.set(form, form.querySelector(".pd-field--error") || document.querySelector(".of-conflict") ? "" : written(form));
  };
  const say = (form) => {
    const note = form?.querySelector("[data-savebar-note]");
    if (note) note.hidden = !isUnsaved(form);
  };
  for (const name of ["input", "change"]) on(name, (event) => say(near(event, "form[data-unsaved]")));
  let leaves = false;
  on("click", (event) => { if (near(event, "[data-leave]")) leaves = true; });
  window.addEventListener("beforeunload", (event) => {
    if (!leaves && [...first.keys()].some(isUnsaved)) event.preventDefault();
  });
  window.addEventListener("pageshow", () => { leaves = false; });

  // ---- Lines of a formset. ----

  const addLine = (box) => {
    const total = box.querySelector("input[name$='-TOTAL_FORMS']");
    const line = box.querySelector("template").content.firstElementChild.cloneNode(true);
    for (const element of [line, ...line.querySelectorAll("*")]) {
      for (const { name, value } of [...element.attributes]) {
        if (value.includes("__prefix__")) element.setAttribute(name, value.replaceAll("__prefix__", total.value));
      }
    }
    total.value = String(Number(total.value) + 1);
    box.querySelector(".of-rows").append(line);
    line.querySelector("input:not([type='hidden']), select, textarea")?.focus();
    say(box.closest("form"));
  };
  on("click", (event) => {
    const button = near(event, "[data-rows-add]");
    if (button) addLine(button.closest("[data-rows]"));
  });

  // ---- Somebody else's value taken over into the form. ----

  on("click", (event) => {
    const button = near(event, "[data-take]");
    const field = button && document.getElementsByName(button.closest("[data-choice]").dataset.choice)[0];
    if (!field) return;
    const isTaken = button.getAttribute("aria-pressed") === "true";
    if (!isTaken) button.dataset.mine = field.value;
    field.value = isTaken ? button.dataset.mine : button.dataset.take;
    button.setAttribute("aria-pressed", String(!isTaken));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });

  // ---- Copy a link that is shown once. ----

  on("click", async (event) => {
    const button = near(event, "[data-copy]");
    if (!button) return;
    const source = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
      window.Pendapa.toast(button.dataset.copied, "success");
    } catch {
      source.focus();
      source.select?.();
    }
  });

  // ---- A file dropped on the page. ----

  for (const name of ["dragover", "dragleave", "drop"]) {
    on(name, (event) => {
      const box = near(event, "[data-drop]");
      if (!box) return;
      event.preventDefault();
      box.classList.toggle("of-drop--over", name === "dragover");
      if (name === "drop" && event.dataTransfer.files.length) box.querySelector("input[type='file']").files = event.dataTransfer.files;
    });
  }

  const settle = () => {
    watch();
    for (const form of first.keys()) say(form);
    for (const button of document.querySelectorAll("[data-rows-add]")) button.hidden = false;
  };
  on("htmx:afterSettle", settle);
  settle();
})();
