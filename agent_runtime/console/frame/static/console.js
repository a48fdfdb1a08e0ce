// What pages do beyond plain HTML; each of them works without it, only slower.
(() => {
  "use strict";
  const typing = (node) => node.closest("input, textarea, select, [contenteditable], dialog[open] form");
  const keysAreOff = () => localStorage.getItem("parley-keys") === "off";

  // Light and dark at once; the form beside it keeps the choice.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("form.theme")) {
      event.preventDefault();
      const theme = event.submitter.value;
      document.documentElement.dataset.theme = theme;
      form.querySelectorAll("button").forEach((one) => one.setAttribute("aria-pressed", String(one.value === theme)));
      fetch(form.action, { method: "POST", body: new URLSearchParams([...new FormData(form), ["theme", theme]]), redirect: "manual" });
      return;
    }
    if (form.method === "post" && !form.hasAttribute("hx-post")) {
      if (form.dataset.sent) { event.preventDefault(); return; }
      form.dataset.sent = "1";
    }
  });
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));

  // A filter takes effect when it is changed; its button is for those without script.
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-at-once]");
    if (form) form.requestSubmit();
  });

  // Dialogs and messages.
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) { document.getElementById(opener.dataset.opens)?.showModal(); return; }
    if (event.target.closest("[data-closes]")) { event.target.closest("dialog, .toast")?.[event.target.closest("dialog") ? "close" : "remove"](); return; }
    if (event.target.matches("dialog")) event.target.close();
  });

  // The help lists what this page can do by key, out of the page itself.
  const help = () => document.getElementById("keys");
  const fillHelp = () => {
    const list = help()?.querySelector("[data-keys-here]");
    if (!list) return;
    list.replaceChildren();
    document.querySelectorAll("[data-key]").forEach((node) => {
      const name = node.dataset.keyName || node.getAttribute("aria-label") || node.textContent.replace(node.querySelector("kbd")?.textContent ?? "", "").trim();
      const key = document.createElement("dt"), what = document.createElement("dd");
      node.dataset.key.split(" ").forEach((part) => { const k = document.createElement("kbd"); k.textContent = part; key.append(k, " "); });
      what.textContent = name;
      list.append(key, what);
    });
  };
  const openHelp = () => { fillHelp(); help()?.showModal(); };
  document.addEventListener("click", (event) => { if (event.target.closest("[data-opens='keys']")) fillHelp(); }, true);
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-keys-switch]")) localStorage.setItem("parley-keys", event.target.checked ? "on" : "off");
  });
  document.addEventListener("DOMContentLoaded", () => {
    const box = document.querySelector("[data-keys-switch]");
    if (box) box.checked = !keysAreOff();
  });

  // Keys: `data-key="a"` or `data-key="g h"` on a link or button; j and k go through rows.
  let before = "", since = 0;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "?" && !typing(event.target)) { event.preventDefault(); openHelp(); return; }
    if (typing(event.target) || document.querySelector("dialog[open]") || keysAreOff()) return;
    const asked = before && Date.now() - since < 1200 ? `${before} ${event.key}` : event.key;
    const found = document.querySelector(`[data-key="${CSS.escape(asked).replace("\\ ", " ")}"]`);
    before = event.key === "g" ? "g" : ""; since = Date.now();
    if (found) { event.preventDefault(); found.matches("input, textarea, select") ? found.focus() : found.click(); return; }
    if (event.key === "x") { event.target.closest("tr")?.querySelector("input[type='checkbox']")?.click(); return; }
    if (event.key === "j" || event.key === "k") {
      const rows = [...document.querySelectorAll("a.whole")];
      if (!rows.length) return;
      const at = rows.indexOf(document.activeElement);
      const next = rows[Math.max(0, Math.min(rows.length - 1, at + (event.key === "j" ? 1 : -1)))];
      event.preventDefault(); next.focus(); next.scrollIntoView({ block: "nearest" });
    }
  });

  // htmx: every request carries the page's token, and a line says that something is under way.
  document.addEventListener("htmx:configRequest", (event) => {
    const token = document.querySelector("meta[name='csrf']")?.content;
    if (token) event.detail.headers["X-CSRF-Token"] = token;
  });
  let open = 0;
  const loading = (by) => { open = Math.max(0, open + by); document.body.classList.toggle("is-loading", open > 0); };
  document.addEventListener("htmx:beforeRequest", () => loading(1));
  document.addEventListener("htmx:afterRequest", () => loading(-1));
  const offline = () => {
    const box = document.getElementById("toasts"), mould = document.getElementById("offline");
    if (box && mould && !box.querySelector("[data-offline]")) box.append(mould.content.cloneNode(true));
  };
  document.addEventListener("htmx:sendError", offline);
  document.addEventListener("htmx:timeout", offline);
})();
