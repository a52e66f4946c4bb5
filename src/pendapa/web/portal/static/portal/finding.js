/* A mall's front page: what this browser looked at before, and an address that follows the search. */
(() => {
  "use strict";

  const field = document.getElementById("q");

  function showRecent() {
    const part = document.querySelector("[data-recent-of]");
    if (!part) return;
    let seen = [];
    try {
      seen = JSON.parse(localStorage.getItem(`pendapa.recent.${part.dataset.recentOf}`)) ?? [];
    } catch {
      return;
    }
    const list = part.querySelector("ul");
    list.replaceChildren();
    for (const { slug, name } of seen) {
      if (typeof slug !== "string" || typeof name !== "string") continue;
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = part.dataset.address.replace("SLUG", encodeURIComponent(slug));
      link.textContent = name;
      item.append(link);
      list.append(item);
    }
    part.hidden = list.children.length === 0;
  }

  // Going back from a service finds the results again.
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "results") return;
    const words = field.value.trim();
    history.replaceState(null, "", words ? `?q=${encodeURIComponent(words)}` : location.pathname);
    showRecent();
  });

  showRecent();
})();
