/* Small habits of every page: no double submit, news that goes away, keys for the desk, honest failures. */
(() => {
  "use strict";

  // ---- A form is sent once. The button stays focusable and says that it is busy. ----

  const PATIENCE = 10_000; // ms; a download or a stopped page gives no sign of its own

  const release = (form) => {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("[aria-busy='true']")) button.removeAttribute("aria-busy");
  };

  const hold = (form, button) => {
    form.dataset.sent = "";
    (button || form.querySelector("button:not([type='button'])"))?.setAttribute("aria-busy", "true");
    setTimeout(() => release(form), PATIENCE);
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.hasAttribute("data-repeatable")) return;
    if (form.hasAttribute("data-sent")) {
      event.preventDefault();
      event.stopImmediatePropagation();
    } else if (!form.matches("[hx-post], [hx-get]")) {
      hold(form, event.submitter);
    }
  }, true);

  // htmx may still ask the person first (hx-confirm), so its forms are held only when the request leaves.
  const formOf = (event) => (event.target instanceof Element ? event.target.closest("form:not([data-repeatable])") : null);

  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = formOf(event);
    if (form) hold(form, event.detail.requestConfig?.triggeringEvent?.submitter);
  });

  document.addEventListener("htmx:afterRequest", (event) => {
    const form = formOf(event);
    if (form) release(form);
  });

  // A page that comes back from the browser's memory must be usable again.
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) release(form);
  });

  // ---- Toasts leave after a while, but not under someone's pointer or focus. ----

  const leaveLater = (toast) => {
    let left = Number(toast.dataset.seconds || 8);
    const timer = setInterval(() => {
      if (!toast.isConnected) clearInterval(timer);
      else if (!toast.matches(":hover, :focus-within") && !document.hidden && --left <= 0) {
        clearInterval(timer);
        toast.remove();
      }
    }, 1000);
  };

  const settle = (root) => {
    for (const toast of root.querySelectorAll("[data-toast]:not([data-counting])")) {
      toast.dataset.counting = "";
      leaveLater(toast);
    }
    root.querySelector("[data-focus]")?.focus();
  };

  document.addEventListener("click", (event) => {
    const close = event.target instanceof Element ? event.target.closest("[data-toast-close]") : null;
    close?.closest("[data-toast]")?.remove();
  });

  const toast = (text, tone = "info") => {
    const region = document.getElementById("toasts");
    if (!region) return;
    const box = document.createElement("div");
    box.className = `pd-toast pd-toast--${tone}`;
    box.dataset.toast = "";
    box.dataset.seconds = tone === "error" ? "30" : "8";
    const words = document.createElement("p");
    words.textContent = text;
    const close = document.createElement("button");
    close.type = "button";
    close.className = "pd-toast__close";
    close.dataset.toastClose = "";
    close.setAttribute("aria-label", document.body.dataset.close || "");
    close.textContent = "\u00d7";
    box.append(words, close);
    region.append(box);
    settle(region);
  };

  document.addEventListener("htmx:responseError", (event) => {
    const code = event.detail.xhr.getResponseHeader("X-Request-ID") || "";
    toast(`${document.body.dataset.fault} ${code}`, "error");
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, () => toast(document.body.dataset.offline, "error"));
  }
  document.addEventListener("htmx:afterSettle", () => settle(document));

  // ---- Keys: data-key on a button or link that can be seen and used. ----

  const typing = (element) =>
    element instanceof HTMLElement &&
    (element.isContentEditable || element.matches("textarea, select, input:not([type='checkbox']):not([type='radio'])"));

  // Who dictates or types with a stick may switch the keys off, for this browser (WCAG 2.1.4).
  const KEYS_OFF = "pendapa.keys-off";

  const showKeys = () => {
    const off = localStorage.getItem(KEYS_OFF) !== null;
    document.documentElement.dataset.keys = off ? "off" : "on";
    for (const button of document.querySelectorAll("[data-keys-switch]")) button.setAttribute("aria-pressed", String(!off));
  };

  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element) || !event.target.closest("[data-keys-switch]")) return;
    if (localStorage.getItem(KEYS_OFF) === null) localStorage.setItem(KEYS_OFF, "");
    else localStorage.removeItem(KEYS_OFF);
    showKeys();
  });

  document.addEventListener("keydown", (event) => {
    if (document.documentElement.dataset.keys === "off") return;
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || event.isComposing || typing(event.target)) return;
    const key = event.key.toLowerCase();
    const choices = [...document.querySelectorAll("[data-key]")].filter((one) => one.dataset.key.toLowerCase() === key);
    // The newest wins: an undo in a toast lies over the page.
    const button = choices.reverse().find((one) => one.checkVisibility ? one.checkVisibility() : one.offsetParent);
    if (!button || button.disabled || button.getAttribute("aria-disabled") === "true") return;
    event.preventDefault();
    button.click();
  });

  window.Pendapa = Object.freeze({ toast });
  showKeys();
  settle(document);
})();
