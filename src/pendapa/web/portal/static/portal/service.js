/* One service: its list is ticked at home and kept in this browser, the page is shared and printed, and remembered as looked at. */
(() => {
  "use strict";

  const read = (key, otherwise) => {
    try {
      return JSON.parse(localStorage.getItem(key)) ?? otherwise;
    } catch {
      return otherwise;
    }
  };
  const write = (key, value) => {
    try {
      localStorage.setItem(key, JSON.stringify(value));
    } catch {
      /* a browser that keeps nothing still shows the page */
    }
  };

  // ---- Ticks, one list for each version of a service, whatever the language. ----

  for (const list of document.querySelectorAll("[data-ticks]")) {
    const key = `pendapa.ticks.${list.dataset.ticks}`;
    const boxes = [...list.querySelectorAll("input[type='checkbox']")];
    const line = list.querySelector("[role='status']");
    const tell = () => {
      const ready = boxes.filter((box) => box.checked).length;
      line.hidden = ready === 0;
      line.textContent = list.dataset.ready.replace("#", ready).replace("*", boxes.length);
    };
    const ticked = new Set(read(key, []));
    boxes.forEach((box, number) => (box.checked = ticked.has(number)));
    list.addEventListener("change", () => {
      write(key, boxes.flatMap((box, number) => (box.checked ? [number] : [])));
      tell();
    });
    tell();
  }

  // ---- Share and print. ----

  const share = document.querySelector("[data-share]");
  if (share && (navigator.share || navigator.clipboard)) {
    share.hidden = false;
    share.addEventListener("click", async () => {
      const url = document.querySelector("link[rel='canonical']").href;
      try {
        if (navigator.share) await navigator.share({ title: document.title, url });
        else {
          await navigator.clipboard.writeText(url);
          window.Pendapa.toast(share.dataset.copied);
        }
      } catch (fault) {
        if (fault.name !== "AbortError") window.prompt("", url); // the person copies it by hand
      }
    });
  }
  const print = document.querySelector("[data-print]");
  if (print) {
    print.hidden = false;
    print.addEventListener("click", () => window.print());
  }

  // ---- Looked at, for the mall's front page; it never leaves this browser. ----

  const sheet = document.querySelector("[data-recent]");
  if (sheet) {
    const key = `pendapa.recent.${sheet.dataset.recent}`;
    const { slug, name } = sheet.dataset;
    write(key, [{ slug, name }, ...read(key, []).filter((one) => one.slug !== slug)].slice(0, 6));
  }
})();
