// The desk works without this file; it only saves the hand and the eye some way.
// Nothing is judged here: every figure comes from the server.
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const stored = (name, otherwise) => {
    try { return localStorage.getItem(name) ?? otherwise; } catch { return otherwise; }
  };
  const store = (name, value) => { try { localStorage.setItem(name, value); } catch { /* shut off */ } };

  /* ---- keys: a person may change or switch off single ones (WCAG 2.1.4) ---- */
  const STANDARD = { next: "n", search: "/", help: "?", down: "j", up: "k", zin: "+", zout: "-", fit: "0", turn: "r" };
  const KEYS = { ...STANDARD };
  try { Object.assign(KEYS, JSON.parse(stored("keys", "{}"))); } catch { /* not ours */ }
  const singleKeys = () => stored("single", "on") !== "off";
  const isTyping = (event) => {
    const into = event.target;
    // A dialog that was just closed keeps the focus until the browser next draws.
    if (!(into instanceof Element) || into.closest("dialog:not([open])")) return false;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(into.tagName)) return !/^(radio|checkbox|button|submit)$/.test(into.type);
    return into.isContentEditable;
  };
  const isSingle = (event, name) =>
    singleKeys() && !isTyping(event) && !event.ctrlKey && !event.metaKey && !event.altKey && event.key === KEYS[name];

  const showKeys = () => $$("[data-kbd]").forEach((hint) => {
    hint.textContent = KEYS[hint.dataset.kbd].toUpperCase();
    hint.hidden = !singleKeys() || !KEYS[hint.dataset.kbd];
  });
  showKeys();
  document.addEventListener("htmx:afterSettle", showKeys);

  const dialog = $("#keys");
  if (dialog) {
    const open = () => { if (!dialog.open) dialog.showModal(); };
    document.addEventListener("click", (event) => {
      if (event.target.closest("[data-act=keys]")) { event.preventDefault(); open(); }
    });
    document.addEventListener("keydown", (event) => {
      if (isSingle(event, "help")) { event.preventDefault(); open(); }
    });
    const said = $("#keysaid"), inputs = $$("[data-key-for]", dialog);
    const fill = () => inputs.forEach((input) => { input.value = KEYS[input.dataset.keyFor] || ""; });
    const keep = () => { store("keys", JSON.stringify(KEYS)); showKeys(); };
    fill();
    inputs.forEach((input) => input.addEventListener("input", () => {
      const name = input.dataset.keyFor, wanted = input.value.trim().slice(-1);
      const other = wanted && Object.keys(KEYS).find((one) => one !== name && KEYS[one] === wanted);
      // Two acts on one key would both be done: the key stays with the one that has it.
      said.textContent = other ? `${wanted} is taken by “${$(`[for=k-${other}]`, dialog).textContent}”.` : "";
      if (!other) { KEYS[name] = wanted; keep(); }
      input.value = KEYS[name] || "";
    }));
    $("[data-act=standard-keys]", dialog).addEventListener("click", () => {
      Object.assign(KEYS, STANDARD);
      said.textContent = "The standard keys are back.";
      fill(); keep();
    });
    const single = $("[name=single]", dialog);
    single.checked = singleKeys();
    single.addEventListener("input", () => { store("single", single.checked ? "on" : "off"); showKeys(); });
  }

  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-act=theme]")) return;
    const root = document.documentElement;
    const system = matchMedia("(prefers-color-scheme:dark)").matches ? "dark" : "light";
    root.dataset.theme = (root.dataset.theme || system) === "dark" ? "light" : "dark";
    store("theme", root.dataset.theme);
  });

  /* ---- what takes seconds says so, and is not sent twice ---- */
  document.addEventListener("submit", (event) => {
    const button = event.submitter, words = button?.dataset.slow;
    if (!words) return;
    const before = button.textContent;
    button.textContent = words;
    // Not at once: a disabled button would not be sent.
    setTimeout(() => { button.disabled = true; }, 0);
    // Whoever comes back by the browser's own button finds the page as it was left.
    addEventListener("pagehide", () => { button.textContent = before; button.disabled = false; }, { once: true });
  });

  /* ---- queue ---- */
  const rows = () => $$(".qt tbody tr:not(.grp)");
  if ($(".q")) {
    let at = -1;
    const move = (to) => {
      const all = rows();
      if (!all.length) return;
      all[at]?.classList.remove("cur");
      at = Math.max(0, Math.min(all.length - 1, to));
      all[at].classList.add("cur");
      $("button.f, a.f", all[at]).focus({ preventScroll: true });
      all[at].scrollIntoView({ block: "nearest" });
    };
    document.addEventListener("keydown", (event) => {
      if (isSingle(event, "down")) { event.preventDefault(); move(at + 1); }
      if (isSingle(event, "up")) { event.preventDefault(); move(at - 1); }
      if (isSingle(event, "next")) { event.preventDefault(); $("[data-key-act=next]")?.click(); }
      if (isSingle(event, "search")) { event.preventDefault(); $("[type=search]")?.focus(); }
    });
  }

  /* ---- form: the page's picture ---- */
  let view = null;
  const sheetOf = () => $("svg.sheet");
  const readView = () => {
    const sheet = sheetOf();
    if (!sheet) return null;
    const [x, y, w, h] = sheet.getAttribute("viewBox").split(" ").map(Number);
    return { x, y, w, h, height: +sheet.dataset.height, turn: +sheet.dataset.turn, page: sheet.dataset.page };
  };
  const putView = () => {
    const sheet = sheetOf();
    if (!sheet || !view) return;
    sheet.setAttribute("viewBox", `${view.x} ${view.y} ${view.w} ${view.h}`);
    const scale = view.w / Math.max(1, sheet.clientWidth);
    $$(".z .m", sheet).forEach((mark) => {
      mark.setAttribute("transform", mark.getAttribute("transform").replace(/scale\([^)]*\)/, `scale(${scale})`));
    });
  };
  const calm = () => matchMedia("(prefers-reduced-motion:reduce)").matches;
  const glide = (to) => {
    if (!view || calm()) { view = { ...view, ...to }; putView(); return; }
    const from = view, began = performance.now();
    const step = (now) => {
      const t = Math.min(1, (now - began) / 160), k = t * (2 - t);
      view = { ...from, ...to };
      for (const side of ["x", "y", "w", "h"]) view[side] = from[side] + (to[side] - from[side]) * k;
      putView();
      if (t < 1) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  };
  const zoomed = (by, cx = 0.5, cy = 0.5) => {
    const w = Math.min(2000, Math.max(160, view.w / by)), h = view.h * w / view.w;
    return { x: view.x + (view.w - w) * cx, y: view.y + (view.h - h) * cy, w, h };
  };
  const whole = () => {
    const sheet = sheetOf(), shape = sheet.clientHeight / Math.max(1, sheet.clientWidth);
    const turned = view.turn % 180 !== 0;
    const wide = turned ? view.height : 1000, high = turned ? 1000 : view.height;
    const w = Math.max(wide, high / shape), h = w * shape;
    return { x: 500 - w / 2, y: view.height / 2 - h / 2, w, h };
  };
  const turn = () => {
    view = { ...view, turn: (view.turn + 90) % 360 };
    $(".all", sheetOf()).setAttribute("transform", `rotate(${view.turn} 500 ${view.height / 2})`);
    glide(whole());
  };
  const tools = { in: () => glide(zoomed(1.35)), out: () => glide(zoomed(1 / 1.35)), fit: () => glide(whole()), turn, inv: () => sheetOf().classList.toggle("inverted") };
  document.addEventListener("click", (event) => {
    const tool = event.target.closest("[data-v]");
    if (tool && sheetOf()) { event.preventDefault(); tools[tool.dataset.v](); }
  });
  document.addEventListener("wheel", (event) => {
    const viewer = event.target.closest?.(".viewer");
    if (!viewer || !view) return;
    event.preventDefault();
    const box = viewer.getBoundingClientRect(), scale = view.w / box.width;
    if (event.ctrlKey || event.metaKey) {
      Object.assign(view, zoomed(Math.exp(-event.deltaY / 300), (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height));
    } else { view.x += event.deltaX * scale; view.y += event.deltaY * scale; }
    putView();
  }, { passive: false });
  let held = null;
  document.addEventListener("pointerdown", (event) => {
    if (view && event.target.closest?.(".viewer") && !event.target.closest(".vtools")) held = { px: event.clientX, py: event.clientY, x: view.x, y: view.y, moved: false };
  });
  document.addEventListener("pointermove", (event) => {
    if (!held) return;
    const scale = view.w / Math.max(1, sheetOf().clientWidth);
    if (Math.hypot(event.clientX - held.px, event.clientY - held.py) > 4) { held.moved = true; $(".viewer").classList.add("drag"); }
    view.x = held.x - (event.clientX - held.px) * scale;
    view.y = held.y - (event.clientY - held.py) * scale;
    putView();
  });
  document.addEventListener("pointerup", () => {
    const moved = held?.moved;
    held = null;
    $(".viewer")?.classList.remove("drag");
    if (moved) document.addEventListener("click", (event) => { event.preventDefault(); event.stopPropagation(); }, { capture: true, once: true });
  });
  document.addEventListener("keydown", (event) => {
    if (!view || !event.target.closest?.(".viewer")) return;
    const step = view.w / 8;
    const ways = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    if (ways[event.key]) { event.preventDefault(); view.x += ways[event.key][0]; view.y += ways[event.key][1]; putView(); }
    else if (isSingle(event, "zin") || event.key === "=") tools.in();
    else if (isSingle(event, "zout")) tools.out();
    else if (isSingle(event, "fit")) tools.fit();
    else if (isSingle(event, "turn")) turn();
  });

  /* ---- form: keying ---- */
  let leaving = false;
  const form = () => $("#decide");
  const keyBox = () => $("#key");
  const aim = () => {
    // The doubtful character stands selected, so that one key puts it right; else the whole reading.
    const box = keyBox();
    if (!box || box.tagName !== "INPUT") { box?.focus({ preventScroll: true }); return; }
    box.focus({ preventScroll: true });
    const doubtful = box.value.indexOf("?");
    if (doubtful >= 0) box.setSelectionRange(doubtful, doubtful + 1);
    else box.select();
  };
  const look = (href, push = true) => {
    const address = new URL(href, location.href);
    const isSameForm = address.pathname === form()?.dataset.base;
    if (!isSameForm) { location.href = address; return; }
    if (push) history.replaceState(null, "", address.pathname + address.search);
    htmx.ajax("GET", address.pathname + address.search, { target: "#desk", swap: "outerHTML" });
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-f]");
    if (!link || !form() || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const href = link.getAttribute("href");
    if (!isDirty()) { look(href); return; }
    // What was typed is checked before the box goes; where it cannot be taken, the page stays and says why.
    post("check").then(() => { if (!$(".said.bad")) look(href); });
  });
  document.addEventListener("change", (event) => {
    if (!form() || !event.target.name?.match(/^(d:|to:)/)) return;
    // Recoding waits for its code; every other choice is judged at once.
    if (event.target.value === "recode") return;
    post("choose");
  });
  const post = (act) => {
    const values = new FormData(form());
    values.set("act", act);
    return htmx.ajax("POST", form().getAttribute("action"), { source: form(), target: "#desk", swap: "outerHTML", values: Object.fromEntries(values) });
  };
  const isDirty = () => keyBox() && keyBox().value !== (keyBox().dataset.was ?? keyBox().value);
  document.addEventListener("keydown", (event) => {
    if (!form()) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      // Not from a form of its own, such as those under More.
      if (event.target.form && event.target.form !== form()) return;
      event.preventDefault();
      if (event.repeat) return;
      if (isDirty()) post("check"); else $("#save")?.click();
      return;
    }
    if (event.target !== keyBox()) return;
    if (event.key === "Enter") {
      event.preventDefault();
      if (event.repeat) return;
      const next = form().dataset.next;
      const settled = keyBox().dataset.settled && !isDirty();
      if (settled && next) look(`${form().dataset.base}?field=${encodeURIComponent(next)}`);
      else if (settled) $("[name=reason]")?.focus();
      else post("check");
    }
    if (event.key === "Escape") { event.preventDefault(); post("undo"); }
    if (event.altKey && event.key.toLowerCase() === "u") { event.preventDefault(); post("illegible"); }
  });
  const formShown = () => {
    if (!form()) return;
    view = readView();
    const sheet = sheetOf();
    if (sheet && view) {
      // The window takes the viewer's own shape, its middle stays.
      const h = view.w * sheet.clientHeight / Math.max(1, sheet.clientWidth);
      view.y += (view.h - h) / 2; view.h = h;
      putView();
    }
    const box = keyBox();
    if (box && $("[name=act][value=undo]")) box.dataset.settled = "1";
    if (!focusAgain()) aim();
  };
  // Whoever decides by keys stays where they are; what is written of a reason stays too.
  let stay = null;
  const FOOT = ["reason", "listed"];
  const focusAgain = () => {
    const { name, value, type } = stay?.focus ?? {};
    const same = name && $$(`[name="${CSS.escape(name)}"]`).find((one) => type !== "radio" || one.value === value);
    same?.focus({ preventScroll: true });
    return Boolean(same);
  };
  document.addEventListener("htmx:beforeSwap", () => {
    window.deskBefore = view ? { ...view } : null;
    const { name = "", value, type, form: owner } = document.activeElement ?? {};
    stay = { focus: owner === form() && /^(d:|to:|holder|reason|listed)/.test(name) ? { name, value, type } : null };
    FOOT.forEach((one) => { stay[one] = $(`[form=decide][name=${one}]`)?.value ?? ""; });
  });
  document.addEventListener("htmx:afterSettle", () => {
    const before = window.deskBefore;
    FOOT.forEach((one) => { const box = $(`[form=decide][name=${one}]`); if (box && stay?.[one]) box.value = stay[one]; });
    formShown();
    if (before && view && before.page === view.page && before.turn === view.turn) {
      const to = { x: view.x, y: view.y, w: view.w, h: view.h };
      view = { ...view, x: before.x, y: before.y, w: before.w, h: before.h };
      glide(to);
    }
  });
  document.addEventListener("htmx:responseError", (event) => {
    const said = document.createElement("p");
    said.className = "said bad"; said.setAttribute("role", "alert");
    said.textContent = event.detail.xhr.responseText.length < 400 ? event.detail.xhr.responseText : "The desk did not answer; nothing was saved.";
    ($(".col.m") || $("main")).prepend(said);
  });
  formShown();
  addEventListener("beforeunload", (event) => { if (form() && !leaving && isDirty()) event.preventDefault(); });
  document.addEventListener("submit", (event) => { if (event.target === form()) leaving = true; });
  document.addEventListener("htmx:beforeRequest", () => { leaving = true; });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!event.detail.xhr?.getResponseHeader("HX-Redirect")) leaving = false;
  });
  addEventListener("load", () => { if (view) putView(); });
  addEventListener("resize", () => { if (view) putView(); });

  /* ---- sweep: Enter confirms, typing corrects; the posts follow behind ---- */
  const cells = $$("#cells .cell");
  if (cells.length) {
    const input = $("#sw"), sweepForm = $("#swform"), said = $("#swsaid");
    const token = $("[name=token]", sweepForm).value;
    let at = Math.max(0, cells.findIndex((cell) => cell.classList.contains("cur")));
    let queue = Promise.resolve(), pending = 0;
    const settled = [];
    addEventListener("beforeunload", (event) => { if (pending) event.preventDefault(); });
    const isOpen = (cell) => !/\b(done|fixed|later)\b/.test(cell.className);
    const count = () => { $("[data-done]").textContent = cells.filter((cell) => /\b(done|fixed)\b/.test(cell.className)).length; };
    const icon = (name) => `<svg class="i" viewBox="0 0 16 16" aria-hidden="true"><use href="/static/symbols.svg#y-${name}"/></svg>`;
    const show = (n) => {
      cells[at].classList.remove("cur"); cells[at].removeAttribute("aria-current");
      at = n;
      const cell = cells[n], facts = cell.dataset;
      cell.classList.add("cur"); cell.setAttribute("aria-current", "true");
      // Fresh elements: never may the crop of the cell before stand beside the reading of this one.
      for (const [id, source, alt] of [["swimg", facts.pic, `${facts.where} on the paper, enlarged`], ["swstrip", facts.strip, "The line around it"]]) {
        const picture = new Image();
        picture.id = id; picture.alt = alt; picture.src = source;
        $(`#${id}`).replaceWith(picture);
      }
      $("#swwhere").textContent = facts.where; $("#swconf").textContent = facts.conf;
      $("[name=cell]", sweepForm).value = facts.cell;
      const candidates = [...JSON.parse(facts.others).map((text) => [text, text]), ...JSON.parse(facts.choices)];
      $("#swcand").replaceChildren(...candidates.slice(0, 3).map(([value, word], k) => {
        const button = document.createElement("button"), key = document.createElement("kbd");
        button.type = "button"; button.dataset.value = value;
        key.textContent = `Alt ${k + 1}`;
        button.append(key, ` ${word}`);
        return button;
      }));
      input.value = facts.read; input.focus({ preventScroll: true }); input.select();
      cell.scrollIntoView({ block: "nearest" });
    };
    const further = () => {
      const next = cells.findIndex((cell, n) => n > at && isOpen(cell));
      const any = next >= 0 ? next : cells.findIndex(isOpen);
      if (any >= 0) show(any);
      else { said.textContent = "All of these are settled."; queue.then(() => { location.href = "/sweep"; }); }
    };
    const sent = (path, values) => fetch(path, { method: "POST", body: new URLSearchParams({ token, ...values }), headers: { accept: "application/json" }, keepalive: true })
      .then((answer) => answer.ok ? answer.json() : { outcome: "refused", said: answer.status === 401 ? "Your session has ended; sign in again. This was not saved." : "The desk refused it; open the page again." })
      .catch(() => ({ outcome: "refused", said: "The desk did not answer; nothing was saved." }));
    const send = (path, values) => {
      pending += 1;
      queue = queue.then(() => sent(path, values)).finally(() => { pending -= 1; });
      return queue;
    };
    const isSeen = () => $("#swimg").complete && $("#swimg").naturalWidth > 0;
    const settle = (value, illegible = false) => {
      if (!illegible && !value && !cells[at].dataset.read.trim()) { said.textContent = "Nothing was read. Type what the paper says, or Alt U."; return; }
      if (!isSeen()) { said.textContent = "The picture has not come yet; look first."; return; }
      const n = at, cell = cells[n], changed = illegible || value !== cell.dataset.read;
      const was = { n, className: cell.className, html: $(".t", cell).innerHTML, event: "" };
      settled.push(was);
      cell.classList.add(changed ? "fixed" : "done");
      $("[data-sym]", cell).innerHTML = `<span class="${changed ? "person" : "agree"}">${icon(changed ? "person" : "agree")}</span>`;
      $("[data-val]", cell).textContent = illegible ? "illegible" : value;
      count();
      const answered = send("/sweep", { cell: cell.dataset.cell, value, act: illegible ? "illegible" : "confirm" });
      further();
      answered.then((answer) => {
        was.event = answer.event || ""; was.outcome = answer.outcome;
        said.textContent = answer.said || "";
        if (!["saved", "first"].includes(answer.outcome)) {
          cell.className = "cell later"; $("[data-val]", cell).textContent = answer.said; count();
        }
      });
    };
    const back = () => {
      const last = settled.pop();
      if (!last) return;
      queue.then(() => {
        if (last.event || last.outcome === "first") send("/sweep/back", { event: last.event, cell: cells[last.n].dataset.cell });
        cells[last.n].className = last.className.replace(/\b(done|fixed|cur)\b/g, "");
        $(".t", cells[last.n]).innerHTML = last.html;
        count(); show(last.n);
      });
    };
    sweepForm.addEventListener("submit", (event) => { event.preventDefault(); settle(input.value.trim()); });
    $("#swcand").addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) { event.preventDefault(); settle(button.dataset.value ?? button.value); }
    });
    document.addEventListener("keydown", (event) => {
      if (dialog?.open) return;
      const key = event.key.toLowerCase();
      // A key held down is not looked at cell by cell.
      if (event.key === "Enter" && event.repeat) { event.preventDefault(); return; }
      if (event.target === input && event.key === "Escape") { event.preventDefault(); cells[at].classList.add("later"); further(); }
      else if ((event.ctrlKey || event.metaKey) && key === "z") { event.preventDefault(); back(); }
      else if (event.altKey && key === "u") { event.preventDefault(); settle("", true); }
      else if (event.altKey && key === "o") { event.preventDefault(); location.href = cells[at].dataset.form; }
      else if (event.altKey && /^[1-3]$/.test(event.key)) { event.preventDefault(); $$("#swcand button")[event.key - 1]?.click(); }
    });
    $("#cells").addEventListener("click", (event) => {
      const cell = event.target.closest(".cell");
      if (cell && !event.ctrlKey && !event.metaKey) { event.preventDefault(); cell.classList.remove("later"); show(cells.indexOf(cell)); }
    });
    show(at);
  }

  /* ---- waiver: the second person must have looked at everybody ---- */
  const approve = $("#appr");
  if (approve) {
    const needs = $$("[data-need]"), note = $("#need");
    const weigh = () => {
      const missing = needs.filter((need) => need.type === "checkbox" ? !need.checked : !need.value).length;
      approve.disabled = missing > 0;
      note.textContent = missing ? `${missing} of ${needs.length} still to do` : "Ready to approve";
    };
    needs.forEach((need) => need.addEventListener("input", weigh));
    weigh();
  }
  document.documentElement.dataset.ready = "1";
})();
