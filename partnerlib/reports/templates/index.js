"use strict";
(() => {
  const data = JSON.parse(document.getElementById("numbers").textContent);
  const make = (tag, text, attributes) => {
    const made = document.createElement(tag);
    if (text) made.textContent = text;
    for (const [name, value] of Object.entries(attributes || {})) made.setAttribute(name, value);
    return made;
  };
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const brief = (text) => (text.length > 90 ? text.slice(0, 90) + "…" : text);

  // Search and filter: rows of the list are shown or not, and how many are is said.
  const sections = [...document.querySelectorAll("section.kind-of-page")].map((section) => ({
    section,
    kind: section.id,
    rows: [...section.querySelectorAll("tbody tr")].map((row) => ({ row, name: plain(row.cells[0].textContent) })),
  }));
  const total = sections.reduce((sum, group) => sum + group.rows.length, 0);
  const search = make("input", "", { type: "search", id: "search", autocomplete: "off", spellcheck: "false" });
  const said = make("output", "", { for: "search", class: "said" });
  const boxes = sections.map((group) => {
    const box = make("input", "", { type: "checkbox", id: "show-" + group.kind });
    box.checked = true;
    return box;
  });
  const show = () => {
    const words = plain(search.value).split(/\s+/).filter(Boolean);
    let count = 0;
    sections.forEach((group, place) => {
      let here = 0;
      for (const entry of group.rows) {
        const fits = boxes[place].checked && words.every((word) => entry.name.includes(word));
        if (entry.row.hidden === fits) entry.row.hidden = !fits;
        here += fits ? 1 : 0;
      }
      group.section.hidden = here === 0;
      count += here;
    });
    said.textContent = count + " of " + total + (total === 1 ? " page" : " pages");
  };
  const find = make("form", "", { role: "search", class: "find", "aria-label": "Find a page" });
  find.addEventListener("submit", (event) => event.preventDefault());
  const field = make("p", "", { class: "field" });
  field.append(make("label", "Name or code", { for: "search" }), search, said);
  const kinds = make("fieldset");
  kinds.append(make("legend", "Kinds of page"));
  sections.forEach((group, place) => {
    const label = make("label");
    label.append(boxes[place], " " + group.section.querySelector("h2").textContent);
    kinds.append(label);
    boxes[place].addEventListener("change", show);
  });
  search.addEventListener("input", show);
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !search.value) return;
    event.preventDefault(); // some browsers empty the field themselves, and some do not
    search.value = "";
    show();
  });
  find.append(field, kinds);

  // Compare: two units, the same measures, the state beside them.
  const headings = { state: "The state", provider: "Providers", district: "Districts", partnership: "Partnerships" };
  const numbersOf = new Map();
  const numbers = (unit) => {
    if (!numbersOf.has(unit)) {
      const found = new Map();
      const flat = unit[4];
      for (let at = 0; at < flat.length; at += 5)
        found.set(flat[at] + " " + flat[at + 2], { cohort: flat[at + 1], text: flat[at + 3], detail: flat[at + 4] });
      numbersOf.set(unit, found);
    }
    return numbersOf.get(unit);
  };
  const year = (spring) => spring - 1 + "-" + String(spring % 100).padStart(2, "0");
  const label = (cohort, window) => (window === 1 ? year(cohort) : year(cohort - window + 1) + " to " + year(cohort));
  const cellOf = (unit, measure, window) => {
    const made = make("td");
    const found = numbers(unit).get(measure + " " + window);
    if (found) {
      made.append(make("span", data.texts[found.text], { class: "value" }));
      if (found.detail) made.append(make("span", data.texts[found.detail], { class: "detail" }));
    } else {
      made.append(make("span", unit[5].includes(measure) ? "withheld to protect people" : "—", { class: "detail" }));
    }
    return made;
  };
  const choice = (name, id) => {
    const list = make("select", "", { id });
    list.append(make("option", "choose a unit", { value: "" }));
    for (const kind of Object.keys(headings)) {
      const group = make("optgroup", "", { label: headings[kind] });
      data.units.forEach((unit, place) => {
        if (unit[0] === kind) group.append(make("option", brief(unit[2]) + " (" + unit[1] + ")", { value: place, dir: "auto" }));
      });
      if (group.children.length) list.append(group);
    }
    const field = make("p", "", { class: "field" });
    field.append(make("label", name, { for: id }), list);
    return [field, list];
  };
  const [firstField, first] = choice("First unit", "compare-first");
  const [secondField, second] = choice("Second unit", "compare-second");
  const result = make("div", "", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Comparison" });
  const heard = make("p", "", { role: "status", class: "said" });
  const headOf = (unit) => {
    const head = make("th", "", { scope: "col" });
    const name = unit[3] ? make("a", brief(unit[2]), { href: unit[3], dir: "auto" }) : make("span", brief(unit[2]));
    head.append(name);
    return head;
  };
  const compare = () => {
    result.replaceChildren();
    heard.textContent = "";
    if (first.value === "" || second.value === "") return;
    const state = data.units.find((unit) => unit[0] === "state");
    const chosen = [data.units[first.value], data.units[second.value]];
    const columns = [...new Set([...chosen, ...(state ? [state] : [])])];
    const table = make("table", "", { class: "numbers compared" });
    table.append(make("caption", "The same measures side by side"));
    const head = make("tr");
    head.append(make("th", "Measure", { scope: "col" }), ...columns.map(headOf));
    const top = make("thead");
    top.append(head);
    table.append(top);
    let topic = "";
    let body = null;
    let count = 0;
    data.measures.forEach(([, title, about], measure) => {
      const has = (window) => chosen.filter((unit) => numbers(unit).has(measure + " " + window)).length;
      const window = has(1) >= has(3) ? 1 : 3; // the newest cohort, unless more of the two are told for three pooled
      if (!has(window)) return;
      if (about !== topic) {
        topic = about;
        body = make("tbody");
        const line = make("tr");
        line.append(make("th", about.charAt(0).toUpperCase() + about.slice(1), { scope: "rowgroup", colspan: columns.length + 1 }));
        body.append(line);
        table.append(body);
      }
      const row = make("tr");
      const name = make("th", "", { scope: "row" });
      const cohort = chosen.map((unit) => numbers(unit).get(measure + " " + window)).find(Boolean).cohort;
      name.append(make("span", title), make("span", label(cohort, window), { class: "detail" }));
      const cells = columns.map((unit) => cellOf(unit, measure, window));
      cells.forEach((cell, place) => cell.setAttribute("data-head", brief(columns[place][2])));
      row.append(name, ...cells);
      body.append(row);
      count += 1;
    });
    const link = "#compare=" + chosen.map((unit) => unit[0] + ":" + unit[1]).join(",");
    heard.textContent = count + (count === 1 ? " measure" : " measures") + " side by side. ";
    heard.append(make("a", "Address of this comparison", { href: link }));
    result.append(count ? table : make("p", "Neither of the two has a printed number."));
  };
  first.addEventListener("change", compare);
  second.addEventListener("change", compare);
  const side = make("details", "", { id: "compare" });
  const pair = make("div", "", { class: "pair" });
  pair.append(firstField, secondField);
  side.append(
    make("summary", "Compare two units"),
    make("p", "Both with their intervals, the state beside them. Where two intervals overlap, no difference is shown.", { class: "remark" }),
    pair, heard, result,
  );
  side.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.target.tagName === "SELECT") return; // there it closes the list of units
    side.open = false;
    side.querySelector("summary").focus();
  });

  // An address may ask: index.html#find=words, index.html#compare=provider:89000001,district:95000000
  const asked = () => {
    const [what, words] = decodeURIComponent(location.hash.slice(1)).split("=");
    if (what === "find" && words) {
      search.value = words;
      show();
    }
    if (what === "compare" && words) {
      const places = words.split(",").map((name) => data.units.findIndex((unit) => unit[0] + ":" + unit[1] === name));
      if (places.length !== 2 || places.includes(-1)) return;
      [first.value, second.value] = places;
      side.open = true;
      compare();
    }
  };

  document.getElementById("tools").append(find, ...(data.units.length > 1 ? [side] : []));
  show();
  window.addEventListener("hashchange", asked);
  asked();
})();
